/** Two cells, and an arrow from the lower to the upper one. */
export default `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <path class="jp-icon3" fill="#616161" fill-rule="evenodd"
    d="M3 3h12v7H3zm2 2v3h8V5zM3 14h12v7H3zm2 2v3h8v-3zM15 17h3.5V8H21l-3.5-4L14 8h2.5z" transform="translate(1)"/>
</svg>`;
