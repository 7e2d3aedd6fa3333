declare module 'js-md4' {
  interface Md4 {
    arrayBuffer(message: string | Uint8Array | ArrayBuffer | number[]): ArrayBuffer;
  }
  const md4: Md4;
  export = md4;
}
