import type { ItemState } from '../../api/types'

/** States of children in words; one that hasn't started isn't a run yet. */
export const ITEM_LABELS: Record<ItemState, string> = {
  NEW: 'To come',
  LIVE: 'Running',
  SUCCEEDED: 'Succeeded',
  FAILED: 'Failed',
  CANCELLED: 'Cancelled',
  SKIPPED: 'Skipped',
}
