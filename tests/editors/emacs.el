;;; emacs.el --- Notebooks as texts in Emacs, with the configuration of editors/README.md  -*- lexical-binding: t -*-

(package-initialize)
(require 'eglot)
(require 'flymake)
(setq eglot-sync-connect 20)
(load (expand-file-name "configuration.el"))

(defun test-wait (condition)
  "Wait until CONDITION gives something, at most 20 seconds, and return that."
  (let ((tries 200) found)
    (while (and (not (setq found (funcall condition))) (> tries 0))
      (accept-process-output nil 0.1)
      (setq tries (1- tries)))
    found))

(defun test-say (what expected found)
  "Print whether FOUND is what is EXPECTED of WHAT."
  (princ (if (equal expected found)
             (format "ok %s\n" what)
           (format "FAIL %s is %S and not %S\n" what found expected))))

(defun test-places ()
  "Where names stand that are read before they are bound: line and columns."
  (delq nil
        (mapcar
         (lambda (found)
           (when (string-match-p "used-before-definition" (flymake-diagnostic-text found))
             (save-excursion
               (goto-char (flymake-diagnostic-beg found))
               (list (line-number-at-pos)
                     (- (point) (line-beginning-position))
                     (buffer-substring (point) (flymake-diagnostic-end found))))))
         (flymake-diagnostics))))

(defun test-file (file before expected after)
  "Write BEFORE to FILE, open it, expect the place EXPECTED, put the cells in order: AFTER."
  (with-temp-file file (insert before))
  (find-file file)
  (call-interactively #'eglot)
  (test-wait #'test-places)
  (test-say (concat file ": the finding") (list expected) (test-places))
  (goto-char (point-min))
  (search-forward "print(")
  (let* ((all (append (eglot-code-actions (point) (point)) nil))
         (order (seq-find (lambda (action) (string-match-p "runs from the top" (plist-get action :title))) all))
         (eglot-confirm-server-initiated-edits nil))
    (if (not order)
        (test-say (concat file ": actions") "order" (mapcar (lambda (action) (plist-get action :title)) all))
      (let ((edit (or (plist-get order :edit)
                      (plist-get (jsonrpc-request (eglot-current-server) :codeAction/resolve order) :edit))))
        (undo-boundary)
        (eglot--apply-workspace-edit edit)
        (save-buffer)
        (test-say (concat file ": in order") after (buffer-string))))))

(let ((early "s = '😀'; print(total)") (late "total = 1"))
  (let ((script (lambda (one other) (format "# %%%%\n%s\n\n# %%%%\n%s\n" one other))))
    (test-file "script.py" (funcall script early late) '(2 15 "total") (funcall script late early)))
  (let ((json (lambda (one other)
                (concat "{\n \"cells\": [\n"
                        (mapconcat
                         (lambda (text)
                           (concat "  {\"cell_type\": \"code\", \"execution_count\": null, \"metadata\": {},"
                                   " \"outputs\": [], \"source\": [\n   \"" text "\"\n  ]}"))
                         (list one other) ",\n")
                        "\n ],\n \"metadata\": {},\n \"nbformat\": 4,\n \"nbformat_minor\": 4\n}\n"))))
    (test-file "raw.ipynb" (funcall json early late) '(4 19 "total") (funcall json late early))))
