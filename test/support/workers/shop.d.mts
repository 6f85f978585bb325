import type { Module } from '../../../dist/index.js'

export function shop(onRecord?: (number: number) => void): Module
