/** The names that a rule's expressions can read. */
import { eventName, triggerName } from '../expressions/scope'
import { group, type Name } from '../expressions/names'

const plain = (names: readonly string[]): Name[] => names.map((name) => ({ name }))

export function ruleNames(triggerType: string): Name[] {
  return [
    triggerName([triggerType]),
    ...(triggerType === 'event' ? [eventName()] : []),
    group('tenant', 'The tenant that it is asked of: its attributes by name', () => plain(['id', 'name'])),
    group('previous', 'Its attributes when this rule last inserted jobs for it; null before', () => []),
    group('rule', 'This rule', () => plain(['id', 'name', 'priority'])),
    { name: 'now', detail: 'timestamp', info: 'When the conditions are asked' },
  ]
}
