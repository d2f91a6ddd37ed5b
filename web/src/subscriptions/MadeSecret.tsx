/** The signing secret of a subscription, this once. */
import { ShownOnce } from '../ui/ShownOnce'

interface Props {
  secret: string
  /** Until when the secret before signs too. */
  previousUntil?: string | undefined
  onClose: () => void
}

export function MadeSecret({ secret, previousUntil, onClose }: Props) {
  return (
    <ShownOnce
      title="The signing secret"
      description="It isn’t shown again. Give it to the receiver; a lost one can be replaced."
      label="the secret"
      value={secret}
      onClose={onClose}
    >
      {previousUntil && <p className="text-ink-soft">Until {previousUntil} the one before it signs too.</p>}
    </ShownOnce>
  )
}
