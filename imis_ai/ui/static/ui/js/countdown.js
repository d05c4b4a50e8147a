// Text of what is still ahead, renewed every ten seconds and never announced.
function words(seconds) {
  if (seconds <= 0) return "now";
  if (seconds < 90) return `in ${Math.max(1, seconds < 30 ? Math.round(seconds) : Math.round(seconds / 10) * 10)} seconds`;
  if (seconds < 5400) return `in ${Math.round(seconds / 60)} minutes`;
  return `in ${Math.round(seconds / 3600)} hours`;
}

function show() {
  document.querySelectorAll("time[data-until]").forEach((place) => {
    place.textContent = words((new Date(place.dateTime) - Date.now()) / 1000);
  });
}

setInterval(show, 10000);
