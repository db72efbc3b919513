// Runs part of semver.
const assert = require('node:assert');
const semver = require('./lib/index.js');

assert(semver.satisfies('1.2.3', '1.x || >=2.5.0 || 5.0.0 - 7.2.3'));
assert.equal(semver.inc('1.2.3-beta.1', 'prerelease', 'beta'), '1.2.3-beta.2');
assert.equal(semver.inc('1.2.3', 'minor'), '1.3.0');
assert.equal(semver.valid(semver.coerce('v2.3')), '2.3.0');
assert.equal(semver.coerce('none'), null);
assert(semver.gt('2.0.0', '1.9.9') && semver.lt('1.0.0-rc.1', '1.0.0'));
assert.equal(semver.diff('1.2.3', '1.3.0'), 'minor');
assert.equal(semver.maxSatisfying(['1.2.3', '1.3.0', '2.0.0'], '^1.0.0'), '1.3.0');
assert(semver.intersects('^1.0.0', '~1.2.0'));
assert(semver.subset('~1.2.1', '^1.0.0'));
assert.equal(semver.validRange('>=1.2.3 <2.0.0-0'), '>=1.2.3 <2.0.0-0');
assert.throws(() => new semver.SemVer('not one'), TypeError);
assert(semver.cmp('1.0.0', '>=', '0.9.0'));
