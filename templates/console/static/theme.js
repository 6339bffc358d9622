// Before the first line is drawn: the machine's colours, where nobody chose others.
"use strict";

if (!document.documentElement.dataset.bsTheme && matchMedia("(prefers-color-scheme: dark)").matches) {
  document.documentElement.dataset.bsTheme = "dark";
}
