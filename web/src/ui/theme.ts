/**
 * The theme: the system's scheme, or light or dark as chosen here. The choice is kept in this browser.
 *
 * `public/theme.js` reads the same key before the first paint. Where storage is refused, the choice lasts for
 * the page.
 */
export type Theme = 'system' | 'light' | 'dark'

const KEY = 'holdfast.theme'

export function currentTheme(): Theme {
  const set = document.documentElement.dataset['theme']
  return set === 'light' || set === 'dark' ? set : 'system'
}

/** Tells of every change of the theme; the answer ends that. */
export function watchTheme(told: () => void): () => void {
  window.addEventListener(KEY, told)
  return () => window.removeEventListener(KEY, told)
}

export function setTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
  window.dispatchEvent(new Event(KEY))
  try {
    if (theme === 'system') localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, theme)
  } catch {
    // Refused storage: nothing to keep.
  }
}
