export async function claims(): Promise<void> {}
