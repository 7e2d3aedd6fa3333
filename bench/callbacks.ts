export async function callbacks(): Promise<void> {}
