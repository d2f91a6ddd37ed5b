/** What a change of a job makes old: constants, so that the hooks that take them stay put. */
export const JOB_KEYS = [['jobs'], ['dead'], ['job'], ['job-count'], ['queues']] as const
/** What an event of a job makes old on a page that lists them. */
export const LIST_KEYS = [['jobs'], ['dead'], ['queues']] as const
