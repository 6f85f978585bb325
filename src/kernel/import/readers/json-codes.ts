/** The characters that JSON is built of, by their code: the same number in text and in UTF-8. */

export const QUOTE = 34
export const BACKSLASH = 92
export const OPEN_OBJECT = 123
export const CLOSE_OBJECT = 125
export const OPEN_ARRAY = 91
export const CLOSE_ARRAY = 93
export const COMMA_CODE = 44
export const COLON_CODE = 58
