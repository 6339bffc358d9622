// Ask for the figures every second, and only while somebody looks.
const figures = document.getElementById("figures");

async function refresh() {
  if (!document.hidden) {
    try {
      const answer = await fetch("/live/figures");
      if (answer.ok) figures.innerHTML = await answer.text();
    } catch {
      // The bot is restarting; the next second will tell.
    }
  }
  setTimeout(refresh, 1000);
}

setTimeout(refresh, 1000);
