// A running job: the percentage in the tab's title, one announcement per quarter.
let said = -1;

function show() {
  const job = document.querySelector("#job [data-percent]");
  if (!job || job.dataset.percent === "") return;
  const percent = Number(job.dataset.percent);
  document.title = `${percent} % ${job.dataset.title} | imis_ai`;
  const quarter = Math.floor(percent / 25);
  if (quarter > said) {
    if (said >= 0) document.getElementById("announce").textContent = `${job.dataset.title}: ${percent} percent done`;
    said = quarter;
  }
}

document.addEventListener("htmx:afterSwap", show);
show();
