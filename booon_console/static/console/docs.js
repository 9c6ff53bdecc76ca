"use strict";
// The API's description is as dark as the admin: what is chosen there stands under "theme"
// (Django's admin/js/theme.js), and all but "light" and "dark" follows the system.
const system = window.matchMedia("(prefers-color-scheme: dark)");

const dress = () => {
  const chosen = localStorage.getItem("theme");
  const isDark = chosen === "dark" || (chosen !== "light" && system.matches);
  document.documentElement.classList.toggle("dark-mode", isDark);
};

system.addEventListener("change", dress);
window.addEventListener("storage", dress);
dress();
