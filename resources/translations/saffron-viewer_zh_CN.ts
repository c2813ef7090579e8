<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>ReleaseKey</name>
    <message>
        <source>Right Ctrl</source>
        <translation>右 Ctrl</translation>
    </message>
    <message>
        <source>Right Alt</source>
        <translation>右 Alt</translation>
    </message>
    <message>
        <source>Right Shift</source>
        <translation>右 Shift</translation>
    </message>
    <message>
        <source>Ctrl+Alt</source>
        <translation>Ctrl+Alt</translation>
    </message>
    <message>
        <source>Scroll Lock</source>
        <translation>Scroll Lock</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Pause</translation>
    </message>
</context>
<context>
    <name>saffron::viewer::ConsoleWidget</name>
    <message>
        <source>Guest screen</source>
        <translation>客户机屏幕</translation>
    </message>
</context>
<context>
    <name>saffron::viewer::MachineControl</name>
    <message>
        <source>The disk that holds %1 is full. The machine is paused; make room and resume it.</source>
        <translation>%1 所在的磁盘已满。虚拟机已暂停;请腾出空间后继续运行。</translation>
    </message>
</context>
<context>
    <name>saffron::viewer::StatusPage</name>
    <message>
        <source>Password</source>
        <translation>密码</translation>
    </message>
    <message>
        <source>This console needs a password</source>
        <translation>此控制台需要密码</translation>
    </message>
    <message>
        <source>The password was not accepted.</source>
        <translation>密码不正确。</translation>
    </message>
    <message>
        <source>Connect</source>
        <translation>连接</translation>
    </message>
</context>
<context>
    <name>saffron::viewer::ViewerWindow</name>
    <message>
        <source>Tools</source>
        <translation>工具</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>帮助(&amp;H)</translation>
    </message>
    <message>
        <source>About Saffron Viewer</source>
        <translation>关于 Saffron 查看器</translation>
    </message>
    <message>
        <source>Saffron Viewer %1 shows the screen of a virtual machine, here or far away.</source>
        <translation>Saffron 查看器 %1 显示本机或远程虚拟机的屏幕。</translation>
    </message>
    <message>
        <source>&amp;Machine</source>
        <translation>虚拟机(&amp;M)</translation>
    </message>
    <message>
        <source>&amp;Start</source>
        <translation>启动(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;Pause</source>
        <translation>暂停(&amp;P)</translation>
    </message>
    <message>
        <source>Press the P&amp;ower Button</source>
        <translation>按下电源按钮(&amp;O)</translation>
    </message>
    <message>
        <source>The guest has been asked to shut down.</source>
        <translation>已请求客户机关机。</translation>
    </message>
    <message>
        <source>&amp;Reset…</source>
        <translation>重置(&amp;R)…</translation>
    </message>
    <message>
        <source>Reset the machine? What the guest has not saved is lost.</source>
        <translation>要重置虚拟机吗?客户机中未保存的内容将会丢失。</translation>
    </message>
    <message>
        <source>Reset</source>
        <translation>重置</translation>
    </message>
    <message>
        <source>&amp;Force Off…</source>
        <translation>强制关机(&amp;F)…</translation>
    </message>
    <message>
        <source>Force the machine off? This is like pulling the plug: what the guest has not saved is lost.</source>
        <translation>要强制关闭虚拟机吗?这相当于拔掉电源:客户机中未保存的内容将会丢失。</translation>
    </message>
    <message>
        <source>Force Off</source>
        <translation>强制关机</translation>
    </message>
    <message>
        <source>&amp;Close Window</source>
        <translation>关闭窗口(&amp;C)</translation>
    </message>
    <message>
        <source>&amp;Resume</source>
        <translation>继续(&amp;R)</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>视图(&amp;V)</translation>
    </message>
    <message>
        <source>&amp;Full Screen</source>
        <translation>全屏(&amp;F)</translation>
    </message>
    <message>
        <source>Leave &amp;Full Screen</source>
        <translation>退出全屏(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;Scale to the Window</source>
        <translation>缩放到窗口大小(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;Actual Size (1:1)</source>
        <translation>实际大小 (1:1)(&amp;A)</translation>
    </message>
    <message>
        <source>Zoom %1%</source>
        <translation>缩放 %1%</translation>
    </message>
    <message>
        <source>Save a S&amp;creenshot…</source>
        <translation>保存屏幕截图(&amp;C)…</translation>
    </message>
    <message>
        <source>&amp;Keys</source>
        <translation>按键(&amp;K)</translation>
    </message>
    <message>
        <source>Send Ctrl+Alt+&amp;Delete</source>
        <translation>发送 Ctrl+Alt+Delete(&amp;D)</translation>
    </message>
    <message>
        <source>Send Ctrl+Alt+&amp;Backspace</source>
        <translation>发送 Ctrl+Alt+Backspace(&amp;B)</translation>
    </message>
    <message>
        <source>Send &amp;Print Screen</source>
        <translation>发送 Print Screen(&amp;P)</translation>
    </message>
    <message>
        <source>Send the &amp;Super Key</source>
        <translation>发送 Super 键(&amp;S)</translation>
    </message>
    <message>
        <source>Send Ctrl+Alt+&amp;F…</source>
        <translation>发送 Ctrl+Alt+F(&amp;F)…</translation>
    </message>
    <message>
        <source>&amp;Release Key</source>
        <translation>释放键(&amp;R)</translation>
    </message>
    <message>
        <source>%1 (paused)</source>
        <translation>%1(已暂停)</translation>
    </message>
    <message>
        <source>%1 - Saffron Viewer</source>
        <translation>%1 - Saffron 查看器</translation>
    </message>
    <message>
        <source>Press %1 to release keyboard and mouse</source>
        <translation>按 %1 释放键盘和鼠标</translation>
    </message>
    <message>
        <source>Click into the screen to capture the keyboard</source>
        <translation>点击屏幕以捕获键盘</translation>
    </message>
    <message>
        <source>Click into the screen to capture keyboard and mouse</source>
        <translation>点击屏幕以捕获键盘和鼠标</translation>
    </message>
    <message>
        <source>Caps</source>
        <translation>大写</translation>
    </message>
    <message>
        <source>Num</source>
        <translation>数字</translation>
    </message>
    <message>
        <source>Scroll</source>
        <translation>滚动</translation>
    </message>
    <message>
        <source>Save a Screenshot</source>
        <translation>保存屏幕截图</translation>
    </message>
    <message>
        <source>PNG pictures (*.png)</source>
        <translation>PNG 图片 (*.png)</translation>
    </message>
    <message>
        <source>The screenshot could not be saved to %1.</source>
        <translation>无法将屏幕截图保存到 %1。</translation>
    </message>
    <message>
        <source>Reconnecting</source>
        <translation>正在重新连接</translation>
    </message>
    <message>
        <source>Connecting</source>
        <translation>正在连接</translation>
    </message>
    <message>
        <source>The console was closed</source>
        <translation>控制台已关闭</translation>
    </message>
    <message>
        <source>The connection is lost</source>
        <translation>连接已断开</translation>
    </message>
    <message>
        <source>There is no connection</source>
        <translation>没有连接</translation>
    </message>
    <message>
        <source>The machine is off, or somebody has ended the connection. This window connects again when the machine runs.</source>
        <translation>虚拟机已关闭,或连接已被结束。虚拟机运行后,此窗口会自动重新连接。</translation>
    </message>
    <message>
        <source>Nobody answers at %1. This window tries again by itself.</source>
        <translation>%1 没有应答。此窗口会自动重试。</translation>
    </message>
    <message>
        <source>Reconnect</source>
        <translation>重新连接</translation>
    </message>
    <message>
        <source>The machine is starting</source>
        <translation>虚拟机正在启动</translation>
    </message>
    <message>
        <source>The machine is off</source>
        <translation>虚拟机已关闭</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>启动</translation>
    </message>
    <message>
        <source>(the desktop&apos;s own shortcuts stay with the desktop)</source>
        <translation>(桌面自身的快捷键仍由桌面处理)</translation>
    </message>
</context>
</TS>
