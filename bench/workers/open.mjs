import { openStore } from '../../dist/index.js'

const store = openStore(process.argv[2])
store.log.head()
store.close()
