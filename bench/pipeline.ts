export async function pipeline(): Promise<void> {}
