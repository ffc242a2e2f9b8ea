// What every page loads. Pages work without it; htmx makes them smoother.
import "htmx.org";
import "./theme.js";
import "./menus.js";
import "./keys.js";
import "./selection.js";
import "./filter.js";
import "./forms.js";
import "./lookup.js";
import "./dialogs.js";
import "./expressions.js";
import "./studio/ordering.js";
import "./studio/panel.js";
import "./studio/canvas.js";
import "./studio/rules.js";
import "./studio/icons.js";
import "./studio/jumps.js";
import "./studio/saving.js";
