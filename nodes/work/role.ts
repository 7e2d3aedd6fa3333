/** What this process does: claims work and runs jobs, answers partners, or both. */
export class Role {
  readonly name: 'all' | 'worker' | 'edge';

  constructor(name: 'all' | 'worker' | 'edge') {
    this.name = name;
  }

  get works(): boolean {
    return this.name !== 'edge';
  }

  get answers(): boolean {
    return this.name !== 'worker';
  }
}
