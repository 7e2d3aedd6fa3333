declare module 'sax' {
  export interface OpenTag {
    name: string;
    attributes: Record<string, string>;
  }
  export interface Parser {
    onopentag: (tag: OpenTag) => void;
    onclosetag: (name: string) => void;
    ontext: (text: string) => void;
    oncdata: (text: string) => void;
    ondoctype: (text: string) => void;
    onerror: (error: Error) => void;
    write(text: string): Parser;
    close(): Parser;
  }
  export function parser(strict: boolean): Parser;
}
