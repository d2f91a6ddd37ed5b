// Runs before the first paint, so that a chosen theme never flashes in the other one. A file of its own, because the
// content security policy refuses inline scripts. The key is the one that src/ui/theme.ts writes.
// Its name has no hash, so it stands outside of assets/, which is cached for good.
try {
  var chosen = localStorage.getItem('holdfast.theme')
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen
} catch {
  // Storage is refused (a private window): the system's scheme is used.
}
