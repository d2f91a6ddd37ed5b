/**
 * Many signals, few reads: a read begins at once, the next one when it has ended and its time has come.
 *
 * `least` ms lie between two beginnings, and more where a read takes long, so that a large run is never read for more
 * than half of the time. A signal during a read makes one more; the last signal is never lost. `stop` drops what waits.
 */
export interface Paced {
  (): void
  stop: () => void
}

export function paced(read: () => Promise<unknown>, least: number): Paced {
  let busy = false
  let again = false

  const go = () => {
    busy = true
    again = false
    const began = performance.now()
    const ended = () => {
      const took = performance.now() - began
      setTimeout(rest, Math.max(least - took, took))
    }
    read().then(ended, ended)
  }
  const rest = () => {
    busy = false
    if (again) go()
  }
  const signal = () => {
    if (busy) again = true
    else go()
  }
  return Object.assign(signal, {
    stop: () => {
      again = false
    },
  })
}
