/**
 * The server's judgement of the document as it stands, asked for once it rests.
 *
 * An answer to an earlier state is dropped. While the server can't tell, the last answer stays and `checking` says that
 * it isn't about this state.
 */
import { useEffect, useState } from 'react'

import { problemsOf } from '../api/definitions'
import type { Definition, ProblemEntry } from '../api/types'

const REST = 400
const AGAIN = 5_000

interface Judged {
  of: Definition | null
  problems: readonly ProblemEntry[]
}

interface Problems {
  problems: readonly ProblemEntry[]
  /** The document that they are about. */
  judged: Definition | null
  checking: boolean
}

export function useProblems(definition: Definition): Problems {
  const [judged, judge] = useState<Judged>({ of: null, problems: [] })
  useEffect(() => {
    const stop = new AbortController()
    let timer = 0
    const ask = () => {
      problemsOf(definition, stop.signal).then(
        (problems) => judge({ of: definition, problems }),
        () => {
          if (!stop.signal.aborted) timer = window.setTimeout(ask, AGAIN)
        },
      )
    }
    timer = window.setTimeout(ask, REST)
    return () => {
      stop.abort()
      window.clearTimeout(timer)
    }
  }, [definition])
  return { problems: judged.problems, judged: judged.of, checking: judged.of !== definition }
}
