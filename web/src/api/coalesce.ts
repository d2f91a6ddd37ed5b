/**
 * Many signals, few calls: the first signal acts at once, those that follow within `wait` ms act once at its end.
 *
 * `stop` drops what is still waiting. A burst of any length costs one call per `wait`, and the last signal is never lost.
 */
export interface Coalesced {
  (): void
  stop: () => void
}

export function coalesce(act: () => void, wait: number): Coalesced {
  let timer: ReturnType<typeof setTimeout> | undefined
  let again = false
  const settle = () => {
    timer = undefined
    if (again) fire()
  }
  const fire = () => {
    again = false
    timer = setTimeout(settle, wait)
    act()
  }
  const signal = () => {
    if (timer === undefined) fire()
    else again = true
  }
  return Object.assign(signal, {
    stop: () => {
      clearTimeout(timer)
      timer = undefined
      again = false
    },
  })
}
