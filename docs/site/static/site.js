// What scrolls sideways can be reached with the keyboard.
function reachable() {
  for (const each of document.querySelectorAll("pre, .table-wrapper, .output, div.math")) {
    if (each.scrollWidth > each.clientWidth) each.tabIndex = 0;
    else each.removeAttribute("tabindex");
  }
}
addEventListener("load", reachable);
addEventListener("resize", reachable);
