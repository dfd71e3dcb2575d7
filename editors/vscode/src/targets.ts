/** The choice of a module for “Move to Module”. */

import * as vscode from "vscode";

import type { Targets } from "../../common/protocol";
import { moduleOf } from "./module";

interface Item extends vscode.QuickPickItem {
  readonly argument: string;
}

/** Lets a person choose or type a module. @returns the action's argument, or nothing if they leave. */
export async function chooseTarget({ targets, definitions, placeholder }: Targets): Promise<string | undefined> {
  const module = await pickModule(targets, placeholder);
  if (module === undefined || definitions.length < 2 || module.includes("#")) {
    return module;
  }
  const picked = await vscode.window.showQuickPick(
    definitions.map(({ name, cell, selected }) => ({ label: name, description: `cell ${cell + 1}`, picked: selected })),
    { canPickMany: true, title: `Move to ${module}`, placeHolder: "Definitions that are moved" },
  );
  if (picked === undefined || picked.length === 0) {
    return undefined;
  }
  return `${module}#${picked.map(({ label }) => label).join(",")}`;
}

function pickModule(targets: Targets["targets"], placeholder: string): Promise<string | undefined> {
  const known: Item[] = targets.map(({ argument, label, description, isNew }) => ({
    argument,
    label,
    description,
    iconPath: new vscode.ThemeIcon(isNew ? "new-file" : "file-code"),
  }));
  const pick = vscode.window.createQuickPick<Item>();
  pick.title = "Move to Module";
  pick.placeholder = placeholder;
  pick.matchOnDescription = true;
  pick.items = known;
  return new Promise((done) => {
    pick.onDidChangeValue((value) => {
      const typed = moduleOf(value);
      const isKnown = typed === undefined || known.some((item) => item.argument === typed);
      pick.items = isKnown
        ? known
        : [...known, { argument: typed, label: typed, description: "as typed", alwaysShow: true }];
    });
    pick.onDidAccept(() => {
      done(pick.selectedItems[0]?.argument);
      pick.hide();
    });
    pick.onDidHide(() => {
      done(undefined);
      pick.dispose();
    });
    pick.show();
  });
}
