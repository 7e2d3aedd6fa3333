export async function starts(): Promise<void> {}
