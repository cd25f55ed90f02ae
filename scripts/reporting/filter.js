// Shows the cards that have the chosen label and kind, and says how many.
const filters = document.querySelectorAll(".filters select");
const cards = document.querySelectorAll(".card");
function show() {
  let count = 0;
  for (const card of cards) {
    card.hidden = [...filters].some(
      (filter) => filter.value && !card.dataset[filter.name].split(" ").includes(filter.value));
    count += !card.hidden;
  }
  document.getElementById("count").textContent = `${count} / ${cards.length}`;
}
for (const filter of filters) filter.addEventListener("change", show);
if (cards.length) show();
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
});
