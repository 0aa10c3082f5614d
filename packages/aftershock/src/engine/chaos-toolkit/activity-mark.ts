/** In the environment of processes of an activity, so that what is left of them can be found. */
export const MARK_VARIABLE = 'AFTERSHOCK_ACTIVITY'
