import type { Chance } from '../random';
import type { OcapiAddress } from './ocapi';
import type { Site } from './sites';

interface Place {
  country: string;
  city: string;
  postal: string;
  state?: string;
  /** Tax rate in hundredths of a percent. */
  taxRate: number;
}

interface Region {
  first: readonly string[];
  last: readonly string[];
  streets: readonly string[];
  second: readonly string[];
  companies: readonly string[];
  places: readonly Place[];
  phone: string;
  /** Family name before given name. */
  familyFirst: boolean;
}

const regions: Record<Site['region'], Region> = {
  US: {
    first: ['Ava', 'Noah', 'Zoë', 'José', 'Renée', 'Siobhán', 'Wei', 'D’Andre'],
    last: ['Smith', 'O’Connor', 'Núñez', 'Brontë', 'Nguyễn', 'Smith-Jones', 'Li'],
    streets: ['Main St', 'Peña Blvd', 'W 34th St', 'Martin Luther King Jr Dr'],
    second: ['Apt 4B', 'Suite #200', 'c/o Zoë & Co'],
    companies: ['Acme & Sons', 'Café Olé LLC', 'Smile 😀 Studio'],
    places: [
      { country: 'US', city: 'Boulder', postal: '80301', state: 'CO', taxRate: 881 },
      { country: 'US', city: 'Cañon City', postal: '81212', state: 'CO', taxRate: 795 },
      { country: 'US', city: 'Portland', postal: '97201', state: 'OR', taxRate: 0 },
      { country: 'US', city: 'New York', postal: '10001', state: 'NY', taxRate: 887 },
      { country: 'US', city: 'Boston', postal: '02108', state: 'MA', taxRate: 625 },
    ],
    phone: '+1 303 555 01',
    familyFirst: false,
  },
  EU: {
    first: ['Élodie', 'François', 'Chloé', 'Niccolò', 'Søren', 'Łukasz', 'Giulia'],
    last: ['Lefèvre', 'D’Angelo', 'Müller', 'Ståhl', 'Rossi', 'de la Cruz'],
    streets: ['rue de l’Église', 'avenue des Champs-Élysées', 'via Nicolò Tommaseo', 'piazza della Libertà'],
    second: ['Bâtiment C', 'scala B, int. 7', '3ᵉ étage'],
    companies: ['Société Générale d’Été', 'Caffè Più S.r.l.', 'L’Atelier ✂️'],
    places: [
      { country: 'FR', city: 'Orléans', postal: '45000', taxRate: 2000 },
      { country: 'FR', city: 'Saint-Étienne', postal: '42000', taxRate: 2000 },
      { country: 'IT', city: 'Forlì', postal: '47121', state: 'FC', taxRate: 2200 },
      { country: 'IT', city: 'Milano', postal: '20121', state: 'MI', taxRate: 2200 },
    ],
    phone: '+33 1 99 00 01',
    familyFirst: false,
  },
  JP: {
    first: ['さくら', '翔太', '陽菜', '健一', 'Ｍａｒｙ', '𠮷彦'],
    last: ['佐藤', '鈴木', '高橋', '渡邉', '髙田', 'スミス'],
    streets: ['丸の内', '道玄坂', '梅田', '祇園町南側'],
    second: ['サンシャインビル 12階', 'コーポ花 203号室', 'メゾン🌸 5F'],
    companies: ['株式会社ねこ', '合同会社テスト', '㈱サクラ'],
    places: [
      { country: 'JP', city: '千代田区', postal: '100-0005', state: '東京都', taxRate: 1000 },
      { country: 'JP', city: '渋谷区', postal: '150-0043', state: '東京都', taxRate: 1000 },
      { country: 'JP', city: '大阪市北区', postal: '530-0001', state: '大阪府', taxRate: 1000 },
    ],
    phone: '+81 3 5550 01',
    familyFirst: true,
  },
};

/** An invented customer. */
export interface Person {
  address: OcapiAddress;
  email: string;
  customerId: string;
  /** Tax rate where they live, in hundredths of a percent. */
  taxRate: number;
}

/** Invents a customer of the site. Mail addresses end in `example.com`, so that nothing can ever be sent to one. */
export function inventPerson(chance: Chance, site: Site): Person {
  const region = regions[site.region];
  const place = chance.oneOf(region.places);
  const first = chance.oneOf(region.first);
  const last = chance.oneOf(region.last);
  const number = chance.between(1, 9999);
  const customerId = chance.hex(28);
  const address: OcapiAddress = {
    id: chance.hex(26),
    first_name: first,
    last_name: last,
    full_name: region.familyFirst ? `${last} ${first}` : `${first} ${last}`,
    ...(chance.happens(0.15) && { company_name: chance.oneOf(region.companies) }),
    address1: region.familyFirst ? `${chance.oneOf(region.streets)}${number % 20}-${number % 7}` : `${number} ${chance.oneOf(region.streets)}`,
    ...(chance.happens(0.3) && { address2: chance.oneOf(region.second) }),
    city: place.city,
    postal_code: place.postal,
    ...(place.state !== undefined && { state_code: place.state }),
    country_code: place.country,
    phone: `${region.phone}${chance.digits(2)}`,
  };
  return { address, email: `customer.${customerId.slice(0, 10)}@example.com`, customerId, taxRate: place.taxRate };
}
