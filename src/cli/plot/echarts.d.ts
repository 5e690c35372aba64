/** All of echarts in one file, which loads seven times as fast as its hundreds of modules. */
declare module 'echarts/dist/echarts.esm.min' {
  export * from 'echarts';
}
