/** A role, of those that the caller may give. */
import { SelectInput } from '../ui/inputs'
import type { RoleName } from '../api/session'
import { mayGive, ROLES } from './rights'
import { useSession } from './useCan'

interface Props {
  id?: string
  'aria-label'?: string
  'aria-describedby'?: string
  value: RoleName
  onChange: (role: RoleName) => void
  disabled?: boolean
}

export function RoleSelect({ value, onChange, ...rest }: Props) {
  const session = useSession()
  const given = mayGive(session?.role ?? null)
  const offered = ROLES.filter((role) => role === value || given.includes(role))
  return (
    <SelectInput
      {...rest}
      // Also where a table has little room, the role can be read.
      className="min-w-26"
      value={value}
      onChange={({ target }) => {
        const role = offered.find((each) => each === target.value)
        if (role) onChange(role)
      }}
    >
      {offered.map((role) => (
        <option key={role} value={role}>
          {role}
        </option>
      ))}
    </SelectInput>
  )
}
