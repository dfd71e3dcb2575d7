/** The part of LSP 3.17 that is used here. */

import type { Range, TextEdit } from "../../common/protocol";

export interface Diagnostic {
  readonly range: Range;
  /** 1 error, 2 warning, 3 information, 4 hint. */
  readonly severity?: 1 | 2 | 3 | 4;
  readonly code?: string | number;
  readonly codeDescription?: { readonly href: string };
  readonly source?: string;
  readonly message: string;
}

export interface PublishDiagnostics {
  readonly uri: string;
  readonly version?: number;
  readonly diagnostics: readonly Diagnostic[];
}

export interface Command {
  readonly title: string;
  readonly command: string;
  readonly arguments?: readonly unknown[];
}

export interface TextDocumentEdit {
  readonly textDocument: { readonly uri: string; readonly version: number | null };
  readonly edits: readonly TextEdit[];
}

export interface CreateFileOperation {
  readonly kind: "create";
  readonly uri: string;
}

export interface WorkspaceEdit {
  readonly documentChanges?: readonly (TextDocumentEdit | CreateFileOperation)[];
}

export interface CodeAction {
  readonly title: string;
  readonly kind?: string;
  readonly diagnostics?: readonly Diagnostic[];
  readonly isPreferred?: boolean;
  readonly disabled?: { readonly reason: string };
  readonly edit?: WorkspaceEdit;
  readonly command?: Command;
  readonly data?: { action: string; argument: string | null; ask?: string };
}

export interface Hover {
  readonly contents: { readonly kind: string; readonly value: string };
  readonly range?: Range;
}
