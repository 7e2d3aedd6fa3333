export async function stages(): Promise<void> {}
