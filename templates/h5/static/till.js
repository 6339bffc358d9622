// Scanning by the phone's camera in WeChat: the button shows once the platform has agreed.
"use strict";
(() => {
  const button = document.querySelector("[data-scan]");
  const form = document.querySelector("[data-look]");
  if (!button || !form || typeof wx === "undefined") return;
  const { appid, nonce, stamp, signature } = button.dataset;
  wx.config({
    debug: false, appId: appid, nonceStr: nonce, timestamp: Number(stamp), signature,
    jsApiList: ["scanQRCode"],
  });
  wx.ready(() => { button.hidden = false; });
  button.addEventListener("click", () => wx.scanQRCode({
    needResult: 1,
    scanType: ["qrCode", "barCode"],
    success: (found) => {
      // A bar code comes as "CODE_128,TEXT".
      form.elements.code.value = String(found.resultStr).split(",").pop();
      form.submit();
    },
  }));
})();
