/**
 * The shapes of the API, as the design's appendix gives them.
 *
 * Values of users (inputs, outputs, payloads) are `Json`: they are shown as text and never trusted to have a form.
 * Lists of runs may come without `nodes`.
 */
import type { components } from './schema'

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

export type RunState = 'PENDING' | 'RUNNING' | 'WAITING' | 'PAUSED' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED'

export type JobState =
  'PENDING' | 'SCHEDULED' | 'RUNNING' | 'WAITING' | 'SUCCEEDED' | 'FAILED' | 'DEAD' | 'CANCELLED'

export type NodeState = JobState | 'SKIPPED'

export interface Page<T> {
  items: T[]
  next: string | null
}

export interface NodeDefinition {
  id: string
  type: string
  title?: string
  notes?: string
  params?: { [key: string]: Json }
  join?: 'all' | 'any' | { at_least: number }
  when?: string
  on_error?: string
  retry?: { [key: string]: Json }
  timeout?: string
  queue?: string
  priority?: number
  /** The id of the node that undoes this one. */
  compensate?: string
}

export interface EdgeDefinition {
  from: string
  to: string
}

export interface Position {
  x: number
  y: number
}

export interface Definition {
  holdfast: number
  name: string
  title?: string
  description?: string
  tags?: string[]
  input?: { [key: string]: Json }
  vars?: { [key: string]: Json }
  settings?: { [key: string]: Json }
  triggers?: TriggerDefinition[]
  nodes?: NodeDefinition[]
  edges?: EdgeDefinition[]
  /** The short way to write nodes and edges: a list that runs one after the other, with `parallel` groups. */
  steps?: Json[]
  output?: Json
  layout?: { [nodeId: string]: Position }
}

export interface TriggerDefinition {
  id: string
  type: string
  [key: string]: Json
}

export interface Trigger {
  id: string
  type: string
  url?: string | null
  /** At webhooks: whether a delivery's signature is checked. */
  signed?: boolean
}

export interface Workflow {
  id: string
  name: string
  /** Empty when the definition has none. */
  title?: string | null
  version: number
  enabled: boolean
  triggers: Trigger[]
  definition: Definition
  created_at?: string
  updated_at?: string
}

export interface Version {
  version: number
  created_at: string
  definition: Definition
}

export interface HoldfastError {
  type?: string
  message?: string
  [key: string]: Json | undefined
}

export interface RunNode {
  state: NodeState
  attempts: number
  output: Json
  error: HoldfastError | null
  job_id: string | null
  started_at: string | null
  finished_at: string | null
  /** The children of a `map`, `loop` or `workflow.call`. */
  items?: Items
  /** What a parked node waits for. */
  waits?: Wait
}

/** How far a node's children are: `done` have ended, `failed` of them not well. */
export type Items = components['schemas']['ItemsShape']
export type Wait = components['schemas']['WaitShape']
export type Segment = components['schemas']['SegmentShape']

/** One child of a node; `run` is null until it has started. */
export interface Item {
  index: number
  state: ItemState
  run: string | null
  item: Json
  output: Json
  error: HoldfastError | null
}

export type ItemState = 'NEW' | 'LIVE' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'SKIPPED'

export interface Run {
  id: string
  workflow: string
  version: number
  state: RunState
  input: Json
  output: Json
  error: HoldfastError | null
  trigger: RunTrigger | string | null
  parent: string | null
  /** Which child of its parent it is. */
  parent_node?: string | null
  parent_index?: number | null
  /** The node whose body it runs; null for a whole workflow. */
  body?: string | null
  rerun_of?: string | null
  /** Started from the editor, of a definition that may never have been saved. */
  test?: boolean
  correlation_id: string | null
  created_at: string
  started_at: string | null
  finished_at: string | null
  nodes?: { [nodeId: string]: RunNode }
}

export type RunTrigger = { [key: string]: Json }

export interface Attempt {
  number: number
  worker: string | null
  started_at: string | null
  finished_at: string | null
  outcome: string | null
  error_type: string | null
  error_message: string | null
  error_traceback?: string | null
  retry_at: string | null
}

export interface Transition {
  from: JobState | null
  to: JobState
  at: string
  reason: string | null
}

export interface Job {
  id: string
  kind: string
  queue: string
  state: JobState
  priority: number
  payload: Json
  result: Json
  error: HoldfastError | null
  attempt: number
  max_attempts: number
  run_at: string | null
  run: string | null
  node: string | null
  correlation_id: string | null
  created_at: string
  started_at: string | null
  finished_at: string | null
  /** Why it is where it is, in a sentence. */
  why?: string
  progress?: Json
  attempts: Attempt[]
  transitions: Transition[]
}

export interface HoldfastEvent {
  id: string
  type: string
  at: string
  run: string | null
  node: string | null
  job: string | null
  data: Json
}

export interface Mail {
  id?: string
  to: string | string[]
  from: string
  subject: string
  text: string | null
  html: string | null
  at: string
}

export interface Readiness {
  status: string
  checks?: { [name: string]: Json }
}

export interface ProblemEntry {
  path: string
  message: string
}
