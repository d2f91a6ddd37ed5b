/** One action on the server: busy while it goes on, then what it changed is read again and a toast says how it went. */
import { useMutation, useQueryClient, type QueryKey } from '@tanstack/react-query'

import { useToast } from './Toasts'

interface Action<Args, Result> {
  run: (args: Args) => Promise<Result>
  /** Beginnings of the query keys that it changes; read again whether it succeeded or not. */
  keys: readonly QueryKey[]
  /** What the toast says; nothing is said without it. */
  done?: (result: Result, args: Args) => string
  onDone?: (result: Result, args: Args) => void
  /** A form tells itself why it failed: no toast does. */
  toldInForm?: boolean
}

export function useMutate<Args, Result>({
  run,
  keys,
  done,
  onDone,
  toldInForm = false,
}: Action<Args, Result>) {
  const client = useQueryClient()
  const toast = useToast()
  const mutation = useMutation({
    mutationFn: run,
    onSuccess: (result, args) => {
      if (done) toast.done(done(result, args))
      onDone?.(result, args)
    },
    onError: (error) => {
      if (!toldInForm) toast.failed(error)
    },
    onSettled: () => Promise.all(keys.map((queryKey) => client.invalidateQueries({ queryKey }))),
  })
  return { start: mutation.mutate, startAsync: mutation.mutateAsync, busy: mutation.isPending }
}
