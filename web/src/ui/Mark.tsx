/** The sign of the product: two posts and the line that holds between them. */
export function Mark() {
  return (
    <svg viewBox="0 0 32 32" width={22} height={22} aria-hidden>
      <rect width="32" height="32" rx="8" fill="var(--accent-solid)" />
      <path
        d="M10 7v18M22 7v18M10 16c4-5 8 5 12 0"
        fill="none"
        stroke="#fff"
        strokeWidth="3.2"
        strokeLinecap="round"
      />
    </svg>
  )
}
