/** The item in the status bar. */

import { Widget } from "@lumino/widgets";
import type { Status } from "../../common/protocol";
import { statusInWords } from "../../common/words";
import type { State } from "./session";

export class StatusItem extends Widget {
  constructor(open: () => void) {
    super();
    this.addClass("cellwise-status");
    this.node.setAttribute("role", "button");
    this.node.tabIndex = 0;
    this.node.onclick = open;
    this.node.onkeydown = (event) => {
      if (event.key === "Enter") {
        open();
      }
    };
  }

  show_(state: State, status: Status | null): void {
    if (state !== "running") {
      this.node.textContent = "Cellwise: no server";
      this.node.title = "The Cellwise server is not running; it is being started again.";
    } else if (status === null) {
      this.node.textContent = "Cellwise";
      this.node.title = "";
    } else {
      const { short, long } = statusInWords(status);
      this.node.textContent = `Cellwise: ${short}`;
      this.node.title = long.join("\n");
    }
    const bad = state === "running" && status !== null && !status.runsFromTop;
    this.toggleClass("cellwise-status-bad", bad);
  }
}
