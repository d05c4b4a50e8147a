// Small behaviour on top of pages that work without it.
import "./keyboard.js";
import "./selection.js";
import "./panel.js";
import "./popover.js";
import "./dialog.js";
import "./progress.js";
import "./drawing.js";
import "./countdown.js";
import "./toast.js";
import "./theme.js";
import "./session.js";

