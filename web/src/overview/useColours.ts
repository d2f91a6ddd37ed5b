/**
 * Tokens of app.css as colours that a canvas can be painted with, in the theme of the moment.
 *
 * A token's value is a `light-dark()`, which only the browser resolves: so an element that carries it is asked. Told anew
 * when the theme or the system's scheme changes.
 */
import { useMemo, useSyncExternalStore } from 'react'

const dark = () => matchMedia('(prefers-color-scheme: dark)')

function subscribe(tell: () => void): () => void {
  const watcher = new MutationObserver(tell)
  watcher.observe(document.documentElement, { attributeFilter: ['data-theme'] })
  const scheme = dark()
  scheme.addEventListener('change', tell)
  return () => {
    watcher.disconnect()
    scheme.removeEventListener('change', tell)
  }
}

/** The theme as one word, so that it is the same while nothing changed. */
function themeNow(): string {
  return `${document.documentElement.dataset['theme'] ?? 'system'} ${String(dark().matches)}`
}

export type Colours = (token: string) => string

export function useColours(): Colours {
  const theme = useSyncExternalStore(subscribe, themeNow)
  return useMemo(() => resolver(theme), [theme])
}

/** One function for each theme: whoever paints with it paints anew when it is another. */
function resolver(theme: string): Colours {
  const known = new Map<string, string>()
  return (token) => {
    const key = `${theme} ${token}`
    const found = known.get(key) ?? resolve(token)
    known.set(key, found)
    return found
  }
}

function resolve(token: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(${token})`
  document.body.append(probe)
  const colour = getComputedStyle(probe).color
  probe.remove()
  return colour
}

/** `rgb(1, 2, 3)` with an opacity. */
export function faded(colour: string, opacity: number): string {
  const parts = colour.match(/[\d.]+/g) ?? []
  return `rgba(${parts.slice(0, 3).join(', ')}, ${opacity})`
}
