/** The dialog that asks for the module of “move to module”. */

import { Dialog, showDialog } from "@jupyterlab/apputils";
import { Widget } from "@lumino/widgets";
import type { Targets } from "../../common/protocol";

/** Lets a person choose or type a module, and what is moved. @returns the action's argument, or nothing if they leave. */
export async function chooseTarget(targets: Targets): Promise<string | null> {
  const body = new Body(targets);
  const { button, value } = await showDialog({
    title: "Move to module",
    body,
    focusNodeSelector: "input[type=text]",
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: "Move" })],
  });
  return button.accept ? value : null;
}

class Body extends Widget implements Dialog.IBodyWidget<string | null> {
  constructor({ targets, definitions, placeholder }: Targets) {
    super();
    this.addClass("cellwise-targets");
    this.input.type = "text";
    this.input.className = "jp-mod-styled";
    this.input.placeholder = placeholder;
    this.input.setAttribute("aria-label", "Module");
    const select = ({ argument }: Targets["targets"][number]): void => {
      const [module = "", names] = argument.split("#");
      this.input.value = module;
      if (names !== undefined) {
        const chosen = new Set(names.split(","));
        this.boxes.forEach((box, name) => (box.checked = chosen.has(name)));
      }
    };
    const list = document.createElement("div");
    list.className = "cellwise-targets-list";
    for (const target of targets) {
      const row = document.createElement("button");
      const description = document.createElement("small");
      description.textContent = target.description;
      row.type = "button";
      row.append(target.label, description);
      row.onclick = () => select(target);
      list.append(row);
    }
    this.node.append(this.input, list);
    if (definitions.length > 1) {
      const heading = document.createElement("div");
      heading.textContent = "What is moved";
      this.node.append(heading);
      for (const { name, cell, selected } of definitions) {
        const label = document.createElement("label");
        const box = document.createElement("input");
        box.type = "checkbox";
        box.checked = selected;
        label.append(box, `${name} (cell ${cell + 1})`);
        this.boxes.set(name, box);
        this.node.append(label);
      }
    }
    if (targets[0] !== undefined) {
      select(targets[0]);
    }
  }

  getValue(): string | null {
    const module = this.input.value.trim();
    if (module === "") {
      return null;
    }
    const path = module.endsWith(".py") ? module : `${module}.py`;
    const chosen = [...this.boxes].filter(([, box]) => box.checked).map(([name]) => name);
    return chosen.length === 0 ? path : `${path}#${chosen.join(",")}`;
  }

  private readonly input = document.createElement("input");
  private readonly boxes = new Map<string, HTMLInputElement>();
}
