/**
 * What is done to workflows, and their triggers. Definitions travel exactly: 1.0 stays 1.0.
 *
 * Whatever changes workflows invalidates the key `workflows`; triggers of one stand at `['workflows', name, 'triggers']`.
 */
import { queryOptions } from '@tanstack/react-query'

import { call, query } from './http'
import type { components } from './schema'
import type { Definition, Page, Workflow } from './types'

export type TriggerRow = components['schemas']['TriggerShape']

const API = '/api/v1'
const segment = encodeURIComponent

export const triggersQuery = (name: string) =>
  queryOptions({
    queryKey: ['workflows', name, 'triggers'],
    queryFn: ({ signal }) =>
      call<Page<TriggerRow>>(`${API}/workflows/${segment(name)}/triggers${query({ limit: 500 })}`, {
        signal,
      }),
  })

export function createWorkflow(definition: Definition, message = ''): Promise<Workflow> {
  return call<Workflow>(`${API}/workflows${query({ message })}`, {
    method: 'POST',
    body: definition,
    exact: true,
  })
}

/**
 * The next version. A new name in the definition renames the workflow. With `expect`, refused (409) when the newest
 * version is another one.
 */
export function saveWorkflow(
  name: string,
  definition: Definition,
  message = '',
  expect: number | null = null,
): Promise<Workflow> {
  return call<Workflow>(`${API}/workflows/${segment(name)}${query({ message, expect })}`, {
    method: 'PUT',
    body: definition,
    exact: true,
  })
}

/** Throws the `Problem` whose `errors` are all that is wrong. */
export async function validateDefinition(definition: Definition, signal: AbortSignal): Promise<void> {
  await call(`${API}/workflows/validate`, { method: 'POST', body: definition, exact: true, signal })
}

export function switchWorkflow(name: string, enabled: boolean): Promise<Workflow> {
  return call<Workflow>(`${API}/workflows/${segment(name)}`, { method: 'PATCH', body: { enabled } })
}

export function deleteWorkflow(name: string): Promise<void> {
  return call(`${API}/workflows/${segment(name)}`, { method: 'DELETE' })
}

/** `renew` gives a webhook a new address; the old one answers nothing from then on. */
export function changeTrigger(row: string, action: 'pause' | 'resume' | 'renew'): Promise<TriggerRow> {
  return call<TriggerRow>(`${API}/triggers/${segment(row)}/${action}`, { method: 'POST' })
}
