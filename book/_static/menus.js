// Every menu button works, whatever the width of the window.
//
// The theme puts two buttons for each menu on a page and listens to the first only,
// which this book does not show (pydata-sphinx-theme, issue 2451). The others pass
// their clicks on to it.
document.addEventListener("DOMContentLoaded", () => {
  for (const kind of ["primary", "secondary"]) {
    const [first, ...others] = document.querySelectorAll(`.${kind}-toggle`);
    for (const button of others) {
      button.addEventListener("click", (event) => {
        event.preventDefault();
        first.click();
      });
    }
  }
});
