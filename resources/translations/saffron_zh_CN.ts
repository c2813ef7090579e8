<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN">
<context>
    <name>EngineText</name>
    <message>
        <source>There is already a machine &quot;%1&quot;</source>
        <translation>已有名为“%1”的虚拟机</translation>
    </message>
    <message>
        <source>There is no machine &quot;%1&quot;</source>
        <translation>没有名为“%1”的虚拟机</translation>
    </message>
    <message>
        <source>The machine &quot;%1&quot; is running</source>
        <translation>虚拟机“%1”正在运行</translation>
    </message>
    <message>
        <source>The machine &quot;%1&quot; is already running</source>
        <translation>虚拟机“%1”已在运行</translation>
    </message>
    <message>
        <source>The machine file says &quot;%1&quot;, but the directory is &quot;%2&quot;</source>
        <translation>虚拟机文件中的名称是“%1”，但目录名是“%2”</translation>
    </message>
    <message>
        <source>The machine wants %1 MiB of RAM, but this host has %2 MiB</source>
        <translation>虚拟机需要 %1 MiB 内存，但本机只有 %2 MiB</translation>
    </message>
    <message>
        <source>The machine wants %1 CPUs, but this host has %2</source>
        <translation>虚拟机需要 %1 个 CPU，但本机只有 %2 个</translation>
    </message>
    <message>
        <source>Cannot open the machine file: %1</source>
        <translation>无法打开虚拟机文件：%1</translation>
    </message>
    <message>
        <source>Cannot open %1 for reading: %2</source>
        <translation>无法读取 %1：%2</translation>
    </message>
    <message>
        <source>Cannot open %1 for writing: %2</source>
        <translation>无法写入 %1：%2</translation>
    </message>
    <message>
        <source>Cannot open %1: %2</source>
        <translation>无法打开 %1：%2</translation>
    </message>
    <message>
        <source>%1 is a directory, not an image</source>
        <translation>%1 是目录，不是镜像</translation>
    </message>
    <message>
        <source>%1 is neither a file nor a block device</source>
        <translation>%1 既不是文件也不是块设备</translation>
    </message>
    <message>
        <source>%1 is empty</source>
        <translation>%1 是空的</translation>
    </message>
    <message>
        <source>%1 is not a raw disk image: its size is not a multiple of 512</source>
        <translation>%1 不是原始磁盘镜像：其大小不是 512 的倍数</translation>
    </message>
    <message>
        <source>%1 is a %2 image; disks are raw images (&quot;qemu-img convert -O raw&quot; makes one)</source>
        <translation>%1 是 %2 镜像；磁盘须为原始镜像（可用“qemu-img convert -O raw”转换）</translation>
    </message>
    <message>
        <source>A disk has at least 1 MiB and at most 64 TiB</source>
        <translation>磁盘大小须在 1 MiB 到 64 TiB 之间</translation>
    </message>
    <message>
        <source>Another device has the id &quot;%1&quot;</source>
        <translation>另一个设备已使用标识“%1”</translation>
    </message>
    <message>
        <source>Another forward has this port of the host</source>
        <translation>另一条转发已使用本机的这个端口</translation>
    </message>
    <message>
        <source>The boot order names this twice</source>
        <translation>启动顺序中重复出现此项</translation>
    </message>
    <message>
        <source>An initial RAM disk needs a kernel in boot.kernel</source>
        <translation>使用初始内存盘须先指定内核（boot.kernel）</translation>
    </message>
    <message>
        <source>A command line needs a kernel in boot.kernel</source>
        <translation>使用命令行须先指定内核（boot.kernel）</translation>
    </message>
    <message>
        <source>There are %1 SATA ports for CD-ROM drives and sata disks together</source>
        <translation>光驱与 SATA 磁盘合计只有 %1 个 SATA 端口</translation>
    </message>
    <message>
        <source>The video memory must be a power of two</source>
        <translation>显存大小必须是 2 的幂</translation>
    </message>
    <message>
        <source>The preferred size does not fit the video memory</source>
        <translation>显存容不下首选的屏幕大小</translation>
    </message>
    <message>
        <source>A ticket is needed when viewers on other hosts may connect</source>
        <translation>允许其他主机上的查看器连接时，必须设置口令</translation>
    </message>
    <message>
        <source>A MAC address is six pairs of hexadecimal digits with colons</source>
        <translation>MAC 地址由六对十六进制数字组成，以冒号分隔</translation>
    </message>
    <message>
        <source>A network card&apos;s MAC address cannot be a multicast address</source>
        <translation>网卡的 MAC 地址不能是组播地址</translation>
    </message>
    <message>
        <source>A network card&apos;s MAC address cannot be all zeros</source>
        <translation>网卡的 MAC 地址不能全为零</translation>
    </message>
    <message>
        <source>The value must be a numeric IPv4 or IPv6 address</source>
        <translation>此值必须是数字形式的 IPv4 或 IPv6 地址</translation>
    </message>
    <message>
        <source>The text may hold printable ASCII characters only</source>
        <translation>文本只能包含可打印的 ASCII 字符</translation>
    </message>
    <message>
        <source>The path must be absolute</source>
        <translation>路径必须是绝对路径</translation>
    </message>
    <message>
        <source>There is no such field</source>
        <translation>没有这个字段</translation>
    </message>
    <message>
        <source>The engine ended before the machine was ready. The end of its log:</source>
        <translation>虚拟机就绪之前引擎已结束。其日志的末尾：</translation>
    </message>
    <message>
        <source>The engine ended before the machine was ready</source>
        <translation>虚拟机就绪之前引擎已结束</translation>
    </message>
    <message>
        <source>The program saffron-engine is not there: is Saffron installed completely?</source>
        <translation>找不到程序 saffron-engine：Saffron 是否安装完整？</translation>
    </message>
    <message>
        <source>The machine is not running</source>
        <translation>虚拟机没有运行</translation>
    </message>
    <message>
        <source>The connection to the engine has ended</source>
        <translation>与引擎的连接已断开</translation>
    </message>
    <message>
        <source>The engine sent a picture that cannot be read</source>
        <translation>引擎发来的画面无法读取</translation>
    </message>
    <message>
        <source>Another program listens on the engine's socket</source>
        <translation>另一个程序正在监听引擎的套接字</translation>
    </message>
    <message>
        <source>Cannot end the engine's process: %1</source>
        <translation>无法结束引擎进程：%1</translation>
    </message>
    <message>
        <source>CPU virtualization</source>
        <translation>CPU 虚拟化</translation>
    </message>
    <message>
        <source>KVM device</source>
        <translation>KVM 设备</translation>
    </message>
    <message>
        <source>Nested virtualization</source>
        <translation>嵌套虚拟化</translation>
    </message>
    <message>
        <source>SeaBIOS firmware</source>
        <translation>SeaBIOS 固件</translation>
    </message>
    <message>
        <source>SPICE server library</source>
        <translation>SPICE 服务器库</translation>
    </message>
    <message>
        <source>Runtime directory</source>
        <translation>运行时目录</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>Saffron&apos;s engine</source>
        <translation>Saffron 引擎</translation>
    </message>
    <message>
        <source>User-mode network</source>
        <translation>用户态网络</translation>
    </message>
    <message>
        <source>no VT-x or AMD-V; KVM runs on kvm_pvm, which cannot run ordinary guests at speed</source>
        <translation>没有 VT-x 或 AMD-V；KVM 运行在 kvm_pvm 上，无法以正常速度运行普通客户机</translation>
    </message>
    <message>
        <source>the CPU offers neither VT-x nor AMD-V</source>
        <translation>CPU 既不提供 VT-x 也不提供 AMD-V</translation>
    </message>
    <message>
        <source>/dev/kvm opens</source>
        <translation>/dev/kvm 可以打开</translation>
    </message>
    <message>
        <source>/dev/kvm is missing</source>
        <translation>缺少 /dev/kvm</translation>
    </message>
    <message>
        <source>/dev/kvm does not open: %1</source>
        <translation>/dev/kvm 打不开：%1</translation>
    </message>
    <message>
        <source>guests can be hosts themselves</source>
        <translation>客户机自身也可以作为主机</translation>
    </message>
    <message>
        <source>off: guests cannot run machines of their own</source>
        <translation>已关闭：客户机不能运行自己的虚拟机</translation>
    </message>
    <message>
        <source>not offered</source>
        <translation>未提供</translation>
    </message>
    <message>
        <source>%1 is missing: machines have no network</source>
        <translation>缺少 %1：虚拟机没有网络</translation>
    </message>
    <message>
        <source>%1 is missing</source>
        <translation>缺少 %1</translation>
    </message>
    <message>
        <source>the program %1 is missing</source>
        <translation>缺少程序 %1</translation>
    </message>
    <message>
        <source>available</source>
        <translation>可用</translation>
    </message>
    <message>
        <source>not available (%1): disks are slower</source>
        <translation>不可用（%1）：磁盘会变慢</translation>
    </message>
    <message>
        <source>XDG_RUNTIME_DIR is not set; machines use %1</source>
        <translation>未设置 XDG_RUNTIME_DIR；虚拟机使用 %1</translation>
    </message>
    <message>
        <source>%1 MiB available of %2 MiB</source>
        <translation>可用 %1 MiB，共 %2 MiB</translation>
    </message>
    <message>
        <source>Use a host with VT-x or AMD-V, or a virtual host with nested virtualization. Saffron&apos;s lab works here.</source>
        <translation>请使用带 VT-x 或 AMD-V 的主机，或启用了嵌套虚拟化的虚拟主机。Saffron 的实验环境可以在此运行。</translation>
    </message>
    <message>
        <source>Turn on nested virtualization for this virtual host.</source>
        <translation>请为这台虚拟主机启用嵌套虚拟化。</translation>
    </message>
    <message>
        <source>Turn on VT-x or AMD-V (SVM) in the host&apos;s firmware settings.</source>
        <translation>请在主机的固件设置中启用 VT-x 或 AMD-V（SVM）。</translation>
    </message>
    <message>
        <source>Load KVM: %1</source>
        <translation>加载 KVM：%1</translation>
    </message>
    <message>
        <source>Join the group kvm (sudo adduser $USER kvm), then log in again.</source>
        <translation>请加入 kvm 组（sudo adduser $USER kvm），然后重新登录。</translation>
    </message>
    <message>
        <source>See the kernel&apos;s log (dmesg | grep kvm).</source>
        <translation>请查看内核日志（dmesg | grep kvm）。</translation>
    </message>
    <message>
        <source>If you need it: load %1 with nested=1.</source>
        <translation>如有需要：以 nested=1 加载 %1。</translation>
    </message>
    <message>
        <source>Install the package %1.</source>
        <translation>请安装软件包 %1。</translation>
    </message>
    <message>
        <source>Allow it: %1</source>
        <translation>允许使用：%1</translation>
    </message>
    <message>
        <source>Use a kernel with io_uring, or a sandbox that allows it.</source>
        <translation>请使用带 io_uring 的内核，或允许它的沙箱。</translation>
    </message>
    <message>
        <source>Log in through a session manager (systemd-logind) that sets XDG_RUNTIME_DIR.</source>
        <translation>请通过会设置 XDG_RUNTIME_DIR 的会话管理器（systemd-logind）登录。</translation>
    </message>
    <message>
        <source>Make it a directory of your own with mode 0700, or set XDG_RUNTIME_DIR.</source>
        <translation>请将其设为您自己的、权限为 0700 的目录，或设置 XDG_RUNTIME_DIR。</translation>
    </message>
    <message>
        <source>Close other programs, or give machines less memory.</source>
        <translation>请关闭其他程序，或减少虚拟机的内存。</translation>
    </message>
    <message>
        <source>Install Saffron completely; saffron-engine belongs beside saffronctl.</source>
        <translation>请完整安装 Saffron；saffron-engine 应与 saffronctl 放在一起。</translation>
    </message>
    <message>
        <source>A machine&apos;s name must not be empty</source>
        <translation>虚拟机名称不能为空</translation>
    </message>
    <message>
        <source>A machine&apos;s name has at most 64 bytes</source>
        <translation>虚拟机名称最多 64 字节</translation>
    </message>
    <message>
        <source>A machine&apos;s name cannot hold a slash</source>
        <translation>虚拟机名称不能包含斜杠</translation>
    </message>
    <message>
        <source>A machine&apos;s name cannot begin with a dot</source>
        <translation>虚拟机名称不能以点开头</translation>
    </message>
    <message>
        <source>A machine&apos;s name cannot begin or end with a space</source>
        <translation>虚拟机名称的首尾不能是空格</translation>
    </message>
    <message>
        <source>A machine&apos;s name must be UTF-8</source>
        <translation>虚拟机名称必须是 UTF-8</translation>
    </message>
    <message>
        <source>A machine&apos;s name cannot hold control characters</source>
        <translation>虚拟机名称不能包含控制字符</translation>
    </message>
    <message>
        <source>The field is missing</source>
        <translation>缺少此字段</translation>
    </message>
    <message>
        <source>This is not valid JSON at line %1, column %2</source>
        <translation>第 %1 行第 %2 列不是有效的 JSON</translation>
    </message>
    <message>
        <source>This is not valid JSON</source>
        <translation>不是有效的 JSON</translation>
    </message>
    <message>
        <source>The machine file is not a regular file</source>
        <translation>虚拟机文件不是普通文件</translation>
    </message>
    <message>
        <source>The machine file is too long to be one</source>
        <translation>虚拟机文件过长，不可能是有效的文件</translation>
    </message>
    <message>
        <source>Cannot write the machine file: %1</source>
        <translation>无法写入虚拟机文件：%1</translation>
    </message>
    <message>
        <source>Only a virtio disk has more than one queue</source>
        <translation>只有 virtio 磁盘可以有多个队列</translation>
    </message>
    <message>
        <source>The value must be an integer</source>
        <translation>此值必须是整数</translation>
    </message>
    <message>
        <source>Cannot make the disk image %1: %2</source>
        <translation>无法创建磁盘镜像 %1：%2</translation>
    </message>
    <message>
        <source>Cannot make a disk image of %1 bytes: %2</source>
        <translation>无法创建 %1 字节的磁盘镜像：%2</translation>
    </message>
    <message>
        <source>Cannot remove the machine: %1</source>
        <translation>无法移除虚拟机：%1</translation>
    </message>
    <message>
        <source>Cannot start the engine: %1</source>
        <translation>无法启动引擎：%1</translation>
    </message>
    <message>
        <source>The engine is taking very long to start</source>
        <translation>引擎启动时间过长</translation>
    </message>
    <message>
        <source>The machine&apos;s screen is off</source>
        <translation>虚拟机的屏幕已关闭</translation>
    </message>
    <message>
        <source>cannot open /dev/kvm: %1</source>
        <translation>无法打开 /dev/kvm：%1</translation>
    </message>
    <message>
        <source>cannot create a virtual machine: %1</source>
        <translation>无法创建虚拟机：%1</translation>
    </message>
    <message>
        <source>cannot listen for SPICE on port %1: %2</source>
        <translation>无法在端口 %1 上监听 SPICE：%2</translation>
    </message>
    <message>
        <source>cannot open %1: %2</source>
        <translation>无法打开 %1：%2</translation>
    </message>
    <message>
        <source>A network card without a network forwards nothing</source>
        <translation>未连接网络的网卡不能转发端口</translation>
    </message>
</context>
<context>
    <name>FieldHelp</name>
    <message>
        <source>The machine&apos;s name</source>
        <translation>虚拟机的名称</translation>
    </message>
    <message>
        <source>The machine&apos;s RAM</source>
        <translation>虚拟机的内存</translation>
    </message>
    <message>
        <source>The number of CPUs</source>
        <translation>CPU 的数量</translation>
    </message>
    <message>
        <source>Give the guest random numbers of the host</source>
        <translation>向客户机提供本机的随机数</translation>
    </message>
    <message>
        <source>What happens when the guest&apos;s kernel panics</source>
        <translation>客户机内核崩溃时怎么办</translation>
    </message>
    <message>
        <source>What starts the machine</source>
        <translation>用什么启动虚拟机</translation>
    </message>
    <message>
        <source>A firmware image instead of the system&apos;s</source>
        <translation>代替系统自带固件的镜像</translation>
    </message>
    <message>
        <source>What the firmware tries, in order; network has no effect yet</source>
        <translation>固件依次尝试的启动设备；网络启动尚无作用</translation>
    </message>
    <message>
        <source>Let the firmware offer its boot menu for a few seconds</source>
        <translation>让固件显示几秒钟启动菜单</translation>
    </message>
    <message>
        <source>A Linux kernel to start directly, without the boot order</source>
        <translation>不经启动顺序、直接启动的 Linux 内核</translation>
    </message>
    <message>
        <source>The kernel&apos;s initial RAM disk</source>
        <translation>内核的初始内存盘</translation>
    </message>
    <message>
        <source>The kernel&apos;s command line</source>
        <translation>内核的命令行</translation>
    </message>
    <message>
        <source>The hard disks</source>
        <translation>硬盘</translation>
    </message>
    <message>
        <source>A raw image or block device; relative to the machine&apos;s directory</source>
        <translation>原始镜像或块设备；相对于虚拟机目录</translation>
    </message>
    <message>
        <source>How the disk is attached: virtio is faster, sata needs no driver</source>
        <translation>磁盘的连接方式：virtio 更快，SATA 无需驱动</translation>
    </message>
    <message>
        <source>The guest cannot write to the disk</source>
        <translation>客户机不能写入此磁盘</translation>
    </message>
    <message>
        <source>The CD-ROM drives</source>
        <translation>光驱</translation>
    </message>
    <message>
        <source>The CD image in the drive, or nothing</source>
        <translation>光驱中的光盘镜像，可以为空</translation>
    </message>
    <message>
        <source>The network cards</source>
        <translation>网卡</translation>
    </message>
    <message>
        <source>The card&apos;s address; nothing: made from the uuid</source>
        <translation>网卡地址；留空则由 UUID 生成</translation>
    </message>
    <message>
        <source>Ports of the host that lead to the guest</source>
        <translation>通向客户机的本机端口</translation>
    </message>
    <message>
        <source>The graphics card</source>
        <translation>显卡</translation>
    </message>
    <message>
        <source>The graphics card&apos;s memory, a power of two</source>
        <translation>显卡的内存，2 的幂</translation>
    </message>
    <message>
        <source>What the guest is told to prefer, in pixels</source>
        <translation>告知客户机的首选大小，以像素计</translation>
    </message>
    <message>
        <source>Where viewers may connect over the network; nothing: only this user, here</source>
        <translation>查看器可经网络连接的地址；不设则仅限本机的当前用户</translation>
    </message>
    <message>
        <source>The address to listen on</source>
        <translation>监听的地址</translation>
    </message>
    <message>
        <source>The TCP port to listen on</source>
        <translation>监听的 TCP 端口</translation>
    </message>
    <message>
        <source>The password for network viewers</source>
        <translation>网络查看器的口令</translation>
    </message>
    <message>
        <source>ps2: works everywhere; virtio: one more, with a driver</source>
        <translation>PS/2 到处可用；virtio 为附加键盘，需要驱动</translation>
    </message>
    <message>
        <source>A pointer that follows the viewer&apos;s without a grab</source>
        <translation>无需捕获、跟随查看器的指针</translation>
    </message>
    <message>
        <source>Keep what the first serial port prints</source>
        <translation>保存第一个串口的输出</translation>
    </message>
</context>
<context>
    <name>FieldLabel</name>
    <message>
        <source>&amp;Name</source>
        <translation>名称(&amp;N)</translation>
    </message>
    <message>
        <source>&amp;Memory</source>
        <translation>内存(&amp;M)</translation>
    </message>
    <message>
        <source>&amp;CPUs</source>
        <translation>CPU(&amp;C)</translation>
    </message>
    <message>
        <source>Random numbers of the host for the &amp;guest</source>
        <translation>向客户机提供本机的随机数(&amp;G)</translation>
    </message>
    <message>
        <source>When the guest &amp;panics</source>
        <translation>客户机崩溃时(&amp;P)</translation>
    </message>
    <message>
        <source>&amp;Firmware</source>
        <translation>固件(&amp;F)</translation>
    </message>
    <message>
        <source>Firmware &amp;image</source>
        <translation>固件镜像(&amp;I)</translation>
    </message>
    <message>
        <source>&amp;Boot order</source>
        <translation>启动顺序(&amp;B)</translation>
    </message>
    <message>
        <source>&amp;Offer the firmware&apos;s boot menu</source>
        <translation>显示固件的启动菜单(&amp;O)</translation>
    </message>
    <message>
        <source>&amp;Kernel</source>
        <translation>内核(&amp;K)</translation>
    </message>
    <message>
        <source>&amp;Initial RAM disk</source>
        <translation>初始内存盘(&amp;I)</translation>
    </message>
    <message>
        <source>Command &amp;line</source>
        <translation>命令行(&amp;L)</translation>
    </message>
    <message>
        <source>&amp;Disks</source>
        <translation>磁盘(&amp;D)</translation>
    </message>
    <message>
        <source>&amp;Image</source>
        <translation>镜像(&amp;I)</translation>
    </message>
    <message>
        <source>&amp;Bus</source>
        <translation>总线(&amp;B)</translation>
    </message>
    <message>
        <source>&amp;Read-only</source>
        <translation>只读(&amp;R)</translation>
    </message>
    <message>
        <source>CD-ROM &amp;drives</source>
        <translation>光驱(&amp;D)</translation>
    </message>
    <message>
        <source>CD &amp;image</source>
        <translation>光盘镜像(&amp;I)</translation>
    </message>
    <message>
        <source>&amp;Network card</source>
        <translation>网卡(&amp;N)</translation>
    </message>
    <message>
        <source>&amp;MAC address</source>
        <translation>MAC 地址(&amp;M)</translation>
    </message>
    <message>
        <source>&amp;Forwarded ports</source>
        <translation>转发的端口(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;Graphics card</source>
        <translation>显卡(&amp;G)</translation>
    </message>
    <message>
        <source>Video &amp;memory</source>
        <translation>显存(&amp;M)</translation>
    </message>
    <message>
        <source>Preferred &amp;size</source>
        <translation>首选大小(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;Viewers may connect over the network (SPICE)</source>
        <translation>允许查看器经网络连接（SPICE）(&amp;V)</translation>
    </message>
    <message>
        <source>&amp;Address</source>
        <translation>地址(&amp;A)</translation>
    </message>
    <message>
        <source>&amp;Port</source>
        <translation>端口(&amp;P)</translation>
    </message>
    <message>
        <source>&amp;Ticket</source>
        <translation>口令(&amp;T)</translation>
    </message>
    <message>
        <source>&amp;Keyboard</source>
        <translation>键盘(&amp;K)</translation>
    </message>
    <message>
        <source>&amp;Tablet: the pointer follows without a grab</source>
        <translation>数位板：指针无需捕获即可跟随(&amp;T)</translation>
    </message>
    <message>
        <source>Keep a &amp;log of the serial port</source>
        <translation>保存串口日志(&amp;L)</translation>
    </message>
</context>
<context>
    <name>Programs</name>
    <message>
        <source>The program %1 is not installed</source>
        <translation>程序 %1 没有安装</translation>
    </message>
    <message>
        <source>The program %1 does not start</source>
        <translation>程序 %1 无法启动</translation>
    </message>
</context>
<context>
    <name>Texts</name>
    <message>
        <source>less than a minute</source>
        <translation>不到一分钟</translation>
    </message>
    <message>
        <source>%1 min</source>
        <translation>%1 分钟</translation>
    </message>
    <message>
        <source>%1 h %2 min</source>
        <translation>%1 小时 %2 分钟</translation>
    </message>
    <message>
        <source>%1 d %2 h</source>
        <translation>%1 天 %2 小时</translation>
    </message>
    <message numerus="yes">
        <source>%n CPU(s)</source>
        <translation>
            <numerusform>%n 个 CPU</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 (%2)</source>
        <translation>%1（%2）</translation>
    </message>
    <message>
        <source>Hard disk</source>
        <translation>硬盘</translation>
    </message>
    <message>
        <source>CD-ROM</source>
        <translation>光驱</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>网络</translation>
    </message>
    <message>
        <source>virtio (fast)</source>
        <translation>virtio（快）</translation>
    </message>
    <message>
        <source>SATA (needs no driver)</source>
        <translation>SATA（无需驱动）</translation>
    </message>
    <message>
        <source>Pause, so that its screen can be read</source>
        <translation>暂停，以便查看屏幕</translation>
    </message>
    <message>
        <source>Restart</source>
        <translation>重新启动</translation>
    </message>
    <message>
        <source>Turn off</source>
        <translation>关机</translation>
    </message>
    <message>
        <source>.</source>
        <translation>。</translation>
    </message>
</context>
<context>
    <name>saffron::desktop::BootPage</name>
    <message>
        <source>Choose a Firmware Image</source>
        <translation>选择固件镜像</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>所有文件 (*)</translation>
    </message>
    <message>
        <source>Choose a Kernel</source>
        <translation>选择内核</translation>
    </message>
    <message>
        <source>Choose an Initial RAM Disk</source>
        <translation>选择初始内存盘</translation>
    </message>
    <message>
        <source>BIOS (SeaBIOS)</source>
        <translation>BIOS（SeaBIOS）</translation>
    </message>
    <message>
        <source>the system&apos;s own</source>
        <translation>系统自带</translation>
    </message>
    <message>
        <source>Move &amp;Up</source>
        <translation>上移(&amp;U)</translation>
    </message>
    <message>
        <source>Move Do&amp;wn</source>
        <translation>下移(&amp;W)</translation>
    </message>
    <message>
        <source>Direct start of Linux</source>
        <translation>直接启动 Linux</translation>
    </message>
</context>
<context>
    <name>saffron::desktop::DetailsPane</name>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>CPUs</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>Disks</source>
        <translation>磁盘</translation>
    </message>
    <message>
        <source>CD-ROM</source>
        <translation>光驱</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>网络</translation>
    </message>
    <message>
        <source>Screen</source>
        <translation>屏幕</translation>
    </message>
    <message>
        <source>Viewers</source>
        <translation>查看器</translation>
    </message>
    <message>
        <source>Running for</source>
        <translation>已运行</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>This machine&apos;s file cannot be used. %1</source>
        <translation>此虚拟机的文件无法使用。%1</translation>
    </message>
    <message>
        <source>none</source>
        <translation>无</translation>
    </message>
    <message>
        <source>empty</source>
        <translation>空</translation>
    </message>
    <message>
        <source>through the host</source>
        <translation>经由本机</translation>
    </message>
    <message>
        <source>no cable</source>
        <translation>未连接</translation>
    </message>
    <message>
        <source>%1; ports %2</source>
        <translation>%1；端口 %2</translation>
    </message>
    <message numerus="yes">
        <source>%n window(s) connected</source>
        <translation>
            <numerusform>已连接 %n 个窗口</numerusform>
        </translation>
    </message>
    <message>
        <source>network port %1</source>
        <translation>网络端口 %1</translation>
    </message>
</context>
<context>
    <name>saffron::desktop::DevicesPage</name>
    <message>
        <source>PS/2</source>
        <translation>PS/2</translation>
    </message>
    <message>
        <source>PS/2 and virtio</source>
        <translation>PS/2 和 virtio</translation>
    </message>
</context>
<context>
    <name>saffron::desktop::DisplayPage</name>
    <message>
        <source>VGA</source>
        <translation>VGA</translation>
    </message>
    <message>
        <source>none</source>
        <translation>无</translation>
    </message>
    <message>
        <source>Preferred width</source>
        <translation>首选宽度</translation>
    </message>
    <message>
        <source>Preferred height</source>
        <translation>首选高度</translation>
    </message>
    <message>
        <source>Viewers</source>
        <translation>查看器</translation>
    </message>
    <message>
        <source>Without encryption. Keep 127.0.0.1 unless you trust the network.</source>
        <translation>连接不加密。除非信任网络，否则请保留 127.0.0.1。</translation>
    </message>
</context>
<context>
    <name>saffron::desktop::FilePicker</name>
    <message>
        <source>Browse…</source>
        <translation>浏览…</translation>
    </message>
</context>
<context>
    <name>saffron::desktop::FirstRunPage</name>
    <message>
        <source>Welcome to Saffron</source>
        <translation>欢迎使用 Saffron</translation>
    </message>
    <message>
        <source>A machine is a whole computer in a window. Install an operating system from a CD image, or bring a disk that has one.</source>
        <translation>虚拟机是窗口中的一整台计算机。可以从光盘镜像安装操作系统，也可以使用已装好系统的磁盘。</translation>
    </message>
    <message>
        <source>&amp;New Machine…</source>
        <translation>新建虚拟机(&amp;N)…</translation>
    </message>
    <message>
        <source>&amp;Check This Host</source>
        <translation>检查本机(&amp;C)</translation>
    </message>
</context>
<context>
    <name>saffron::desktop::HostWindow</name>
    <message>
        <source>In order</source>
        <translation>正常</translation>
    </message>
    <message>
        <source>Machines run, with less</source>
        <translation>虚拟机可以运行，但有所欠缺</translation>
    </message>
    <message>
        <source>Machines do not run as they should</source>
        <translation>虚拟机不能正常运行</translation>
    </message>
    <message>
        <source>This host cannot run machines as it should: %1.</source>
        <translation>本机不能正常运行虚拟机：%1。</translation>
    </message>
    <message>
        <source>Check &amp;Again</source>
        <translation>重新检查(&amp;A)</translation>
    </message>
    <message>
        <source>This Host</source>
        <translation>本机</translation>
    </message>
    <message>
        <source>&amp;Copy as Text</source>
        <translation>复制为文本(&amp;C)</translation>
    </message>
    <message>
        <source>C&amp;lose</source>
        <translation>关闭(&amp;L)</translation>
    </message>
    <message>
        <source>This host can run machines.</source>
        <translation>本机可以运行虚拟机。</translation>
    </message>
    <message>
        <source>→ %1</source>
        <translation>→ %1</translation>
    </message>
</context>
<context>
    <name>saffron::desktop::ImageSizes</name>
    <message>
        <source>missing</source>
        <translation>缺失</translation>
    </message>
    <message>
        <source>%1, %2 used</source>
        <translation>%1，已用 %2</translation>
    </message>
</context>
<context>
    <name>saffron::desktop::LibraryModel</name>
    <message>
        <source>The library of machines cannot be read.</source>
        <translation>无法读取虚拟机库。</translation>
    </message>
</context>
<context>
    <name>saffron::desktop::LogView</name>
    <message>
        <source>Nothing has been written yet.</source>
        <translation>尚无内容。</translation>
    </message>
</context>
<context>
    <name>saffron::desktop::LogWindow</name>
    <message>
        <source>&amp;Follow</source>
        <translation>跟随(&amp;F)</translation>
    </message>
    <message>
        <source>Log of %1</source>
        <translation>%1 的日志</translation>
    </message>
    <message>
        <source>Engine log</source>
        <translation>引擎日志</translation>
    </message>
    <message>
        <source>Serial port log</source>
        <translation>串口日志</translation>
    </message>
    <message>
        <source>&amp;Engine</source>
        <translation>引擎(&amp;E)</translation>
    </message>
    <message>
        <source>&amp;Serial Port</source>
        <translation>串口(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;Copy All</source>
        <translation>全部复制(&amp;C)</translation>
    </message>
    <message>
        <source>C&amp;lose</source>
        <translation>关闭(&amp;L)</translation>
    </message>
</context>
<context>
    <name>saffron::desktop::MachineActions</name>
    <message>
        <source>C&amp;D-ROM</source>
        <translation>光驱(&amp;D)</translation>
    </message>
    <message>
        <source>Copy as Co&amp;mmand</source>
        <translation>复制为命令(&amp;M)</translation>
    </message>
    <message>
        <source>&amp;Start</source>
        <translation>启动(&amp;S)</translation>
    </message>
    <message>
        <source>Open &amp;Console</source>
        <translation>打开控制台(&amp;C)</translation>
    </message>
    <message>
        <source>&amp;Pause</source>
        <translation>暂停(&amp;P)</translation>
    </message>
    <message>
        <source>Res&amp;ume</source>
        <translation>恢复(&amp;U)</translation>
    </message>
    <message>
        <source>Press Po&amp;wer Button</source>
        <translation>按下电源按钮(&amp;W)</translation>
    </message>
    <message>
        <source>&amp;Reset…</source>
        <translation>重置(&amp;R)…</translation>
    </message>
    <message>
        <source>&amp;Reset</source>
        <translation>重置(&amp;R)</translation>
    </message>
    <message>
        <source>&amp;Force Off…</source>
        <translation>强制关机(&amp;F)…</translation>
    </message>
    <message>
        <source>Take Screens&amp;hot</source>
        <translation>截屏(&amp;H)</translation>
    </message>
    <message>
        <source>S&amp;ettings…</source>
        <translation>设置(&amp;E)…</translation>
    </message>
    <message>
        <source>&amp;Log</source>
        <translation>日志(&amp;L)</translation>
    </message>
    <message>
        <source>Re&amp;name…</source>
        <translation>重命名(&amp;N)…</translation>
    </message>
    <message>
        <source>&amp;Delete…</source>
        <translation>删除(&amp;D)…</translation>
    </message>
    <message>
        <source>Show in F&amp;older</source>
        <translation>在文件夹中显示(&amp;O)</translation>
    </message>
    <message>
        <source>Ask the guest to shut down, as a computer&apos;s power button does</source>
        <translation>像计算机的电源按钮那样，请求客户机关机</translation>
    </message>
    <message>
        <source>Shut Down</source>
        <translation>关机</translation>
    </message>
    <message>
        <source>Restart the guest at once, without telling it</source>
        <translation>不通知客户机，立即重新启动</translation>
    </message>
    <message>
        <source>Turn the machine off at once, as if its plug were pulled</source>
        <translation>像拔掉电源那样立即关闭虚拟机</translation>
    </message>
    <message>
        <source>“%1” was asked to shut down. A guest that does not listen can be forced off.</source>
        <translation>已请求“%1”关机。如果客户机没有响应，可以强制关机。</translation>
    </message>
    <message>
        <source>Cannot open the console.</source>
        <translation>无法打开控制台。</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Force “%1” off?</source>
        <translation>强制关闭“%1”？</translation>
    </message>
    <message>
        <source>It is like pulling the plug: what the guest has not written to its disks yet is lost.</source>
        <translation>这如同拔掉电源：客户机尚未写入磁盘的内容将会丢失。</translation>
    </message>
    <message>
        <source>Reset “%1”?</source>
        <translation>要重置“%1”吗？</translation>
    </message>
    <message>
        <source>The guest is not told: what it has not written to its disks yet is lost.</source>
        <translation>客户机不会得到通知：尚未写入磁盘的内容将会丢失。</translation>
    </message>
    <message>
        <source>&amp;Force Off</source>
        <translation>强制关机(&amp;F)</translation>
    </message>
    <message>
        <source>Cannot take a screenshot of “%1”.</source>
        <translation>无法截取“%1”的屏幕。</translation>
    </message>
    <message>
        <source>The screenshot is in %1.</source>
        <translation>截屏已保存到 %1。</translation>
    </message>
    <message>
        <source>The screenshot cannot be written to %1.</source>
        <translation>无法将截屏写入 %1。</translation>
    </message>
    <message>
        <source>Rename Machine</source>
        <translation>重命名虚拟机</translation>
    </message>
    <message>
        <source>New name for “%1”:</source>
        <translation>“%1”的新名称：</translation>
    </message>
    <message>
        <source>&amp;Rename</source>
        <translation>重命名(&amp;R)</translation>
    </message>
    <message>
        <source>Cannot rename “%1”.</source>
        <translation>无法重命名“%1”。</translation>
    </message>
    <message>
        <source>This folder is removed for good, with its disk images and the machine&apos;s logs:</source>
        <translation>此文件夹将被永久删除，包括其中的磁盘镜像和虚拟机的日志：</translation>
    </message>
    <message>
        <source>Images elsewhere stay:</source>
        <translation>保留别处的镜像：</translation>
    </message>
    <message>
        <source>Delete the machine “%1”?</source>
        <translation>删除虚拟机“%1”？</translation>
    </message>
    <message>
        <source>&amp;Delete</source>
        <translation>删除(&amp;D)</translation>
    </message>
    <message>
        <source>Cannot delete “%1”.</source>
        <translation>无法删除“%1”。</translation>
    </message>
    <message>
        <source>empty</source>
        <translation>空</translation>
    </message>
    <message>
        <source>&amp;Insert Image…</source>
        <translation>插入镜像(&amp;I)…</translation>
    </message>
    <message>
        <source>Insert a CD Image</source>
        <translation>插入光盘镜像</translation>
    </message>
    <message>
        <source>CD images (*.iso *.img);;All files (*)</source>
        <translation>光盘镜像 (*.iso *.img);;所有文件 (*)</translation>
    </message>
    <message>
        <source>&amp;Eject</source>
        <translation>弹出(&amp;E)</translation>
    </message>
    <message>
        <source>Cannot change the CD of “%1”.</source>
        <translation>无法更换“%1”的光盘。</translation>
    </message>
    <message>
        <source>Copied: %1</source>
        <translation>已复制：%1</translation>
    </message>
</context>
<context>
    <name>saffron::desktop::MachineSession</name>
    <message>
        <source>Broken</source>
        <translation>已损坏</translation>
    </message>
    <message>
        <source>Off</source>
        <translation>已关机</translation>
    </message>
    <message>
        <source>Starting…</source>
        <translation>正在启动…</translation>
    </message>
    <message>
        <source>Connecting…</source>
        <translation>正在连接…</translation>
    </message>
    <message>
        <source>Running</source>
        <translation>运行中</translation>
    </message>
    <message>
        <source>Paused: host disk full</source>
        <translation>已暂停：本机磁盘已满</translation>
    </message>
    <message>
        <source>Paused: guest panic</source>
        <translation>已暂停：客户机崩溃</translation>
    </message>
    <message>
        <source>Paused: error</source>
        <translation>已暂停：出错</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>已暂停</translation>
    </message>
    <message>
        <source>Shutting down…</source>
        <translation>正在关机…</translation>
    </message>
    <message>
        <source>Crashed</source>
        <translation>已崩溃</translation>
    </message>
    <message>
        <source>The machine has crashed.</source>
        <translation>虚拟机已崩溃。</translation>
    </message>
    <message>
        <source>The engine of “%1” has ended unexpectedly.</source>
        <translation>“%1”的引擎意外结束。</translation>
    </message>
    <message>
        <source>The host&apos;s disk is full, so “%1” is paused. Make room, then resume it.</source>
        <translation>本机磁盘已满，因此“%1”已暂停。请腾出空间，然后恢复运行。</translation>
    </message>
    <message>
        <source>The guest of “%1” reports that its kernel has panicked.</source>
        <translation>“%1”的客户机报告内核崩溃。</translation>
    </message>
    <message>
        <source>The machine “%1” has a problem.</source>
        <translation>虚拟机“%1”出现问题。</translation>
    </message>
    <message>
        <source>The machine “%1” has ended with an error.</source>
        <translation>虚拟机“%1”因错误而结束。</translation>
    </message>
    <message>
        <source>The guest of “%1” has panicked, so the machine was stopped.</source>
        <translation>“%1”的客户机已崩溃，因此虚拟机已停止。</translation>
    </message>
    <message>
        <source>Cannot pause “%1”.</source>
        <translation>无法暂停“%1”。</translation>
    </message>
    <message>
        <source>Cannot resume “%1”.</source>
        <translation>无法恢复“%1”。</translation>
    </message>
    <message>
        <source>Cannot reset “%1”.</source>
        <translation>无法重置“%1”。</translation>
    </message>
    <message>
        <source>Cannot press the power button of “%1”.</source>
        <translation>无法按下“%1”的电源按钮。</translation>
    </message>
    <message>
        <source>Cannot force “%1” off.</source>
        <translation>无法强制关闭“%1”。</translation>
    </message>
    <message>
        <source>Cannot start “%1”.</source>
        <translation>无法启动“%1”。</translation>
    </message>
</context>
<context>
    <name>saffron::desktop::MainWindow</name>
    <message>
        <source>No machine has that name.</source>
        <translation>没有匹配的虚拟机。</translation>
    </message>
    <message>
        <source>Saffron</source>
        <translation>Saffron</translation>
    </message>
    <message>
        <source>Machines</source>
        <translation>虚拟机</translation>
    </message>
    <message>
        <source>&amp;New Machine…</source>
        <translation>新建虚拟机(&amp;N)…</translation>
    </message>
    <message>
        <source>Tools</source>
        <translation>工具</translation>
    </message>
    <message>
        <source>Search machines</source>
        <translation>搜索虚拟机</translation>
    </message>
    <message>
        <source>&amp;How to Fix It</source>
        <translation>如何解决(&amp;H)</translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation>文件(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>退出(&amp;Q)</translation>
    </message>
    <message>
        <source>Machines go on running</source>
        <translation>虚拟机会继续运行</translation>
    </message>
    <message>
        <source>&amp;Machine</source>
        <translation>虚拟机(&amp;M)</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>帮助(&amp;H)</translation>
    </message>
    <message>
        <source>&amp;Check This Host</source>
        <translation>检查本机(&amp;C)</translation>
    </message>
    <message>
        <source>&amp;About Saffron</source>
        <translation>关于 Saffron(&amp;A)</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>视图(&amp;V)</translation>
    </message>
    <message>
        <source>&amp;Rows</source>
        <translation>列表(&amp;R)</translation>
    </message>
    <message>
        <source>&amp;Tiles</source>
        <translation>平铺(&amp;T)</translation>
    </message>
    <message>
        <source>Sort by &amp;Name</source>
        <translation>按名称排序(&amp;N)</translation>
    </message>
    <message>
        <source>Sort by &amp;State</source>
        <translation>按状态排序(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;Find a Machine</source>
        <translation>查找虚拟机(&amp;F)</translation>
    </message>
    <message>
        <source>Re&amp;fresh</source>
        <translation>刷新(&amp;F)</translation>
    </message>
    <message>
        <source>About Saffron</source>
        <translation>关于 Saffron</translation>
    </message>
    <message>
        <source>Saffron %1</source>
        <translation>Saffron %1</translation>
    </message>
    <message>
        <source>Virtual machines on a Linux desktop.</source>
        <translation>Linux 桌面上的虚拟机。</translation>
    </message>
    <message>
        <source>Free software under the Apache License 2.0.</source>
        <translation>自由软件，采用 Apache 许可证 2.0。</translation>
    </message>
</context>
<context>
    <name>saffron::desktop::MessageArea</name>
    <message>
        <source>&amp;Log</source>
        <translation>日志(&amp;L)</translation>
    </message>
</context>
<context>
    <name>saffron::desktop::MessageBar</name>
    <message>
        <source>Dismiss</source>
        <translation>忽略</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>详情</translation>
    </message>
    <message>
        <source>&amp;Details</source>
        <translation>详情(&amp;D)</translation>
    </message>
</context>
<context>
    <name>saffron::desktop::NetworkPage</name>
    <message>
        <source>Add &amp;Port</source>
        <translation>添加端口(&amp;P)</translation>
    </message>
    <message>
        <source>&amp;Remove Port</source>
        <translation>移除端口(&amp;R)</translation>
    </message>
    <message>
        <source>Through the host (passt)</source>
        <translation>经由本机（passt）</translation>
    </message>
    <message>
        <source>No cable</source>
        <translation>未连接</translation>
    </message>
    <message>
        <source>Protocol</source>
        <translation>协议</translation>
    </message>
    <message>
        <source>Host address</source>
        <translation>本机地址</translation>
    </message>
    <message>
        <source>Host port</source>
        <translation>本机端口</translation>
    </message>
    <message>
        <source>Guest port</source>
        <translation>客户机端口</translation>
    </message>
    <message>
        <source>Forwarded ports</source>
        <translation>转发的端口</translation>
    </message>
    <message>
        <source>The machine has a &amp;network card</source>
        <translation>虚拟机带有网卡(&amp;N)</translation>
    </message>
    <message>
        <source>&amp;Connection</source>
        <translation>连接(&amp;C)</translation>
    </message>
</context>
<context>
    <name>saffron::desktop::NewMachineWizard</name>
    <message>
        <source>New Machine</source>
        <translation>新建虚拟机</translation>
    </message>
    <message>
        <source>&amp;Create</source>
        <translation>创建(&amp;C)</translation>
    </message>
    <message>
        <source>&amp;Next &gt;</source>
        <translation>下一步(&amp;N) &gt;</translation>
    </message>
    <message>
        <source>&lt; &amp;Back</source>
        <translation>&lt; 上一步(&amp;B)</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
</context>
<context>
    <name>saffron::desktop::ResourcesPage</name>
    <message>
        <source>How much of this host does it get?</source>
        <translation>分配多少本机资源？</translation>
    </message>
    <message>
        <source>This host has %1 of memory and %2.</source>
        <translation>本机有 %1 内存和 %2。</translation>
    </message>
    <message>
        <source>Make a new &amp;disk</source>
        <translation>新建磁盘(&amp;D)</translation>
    </message>
    <message>
        <source>Disk &amp;size</source>
        <translation>磁盘大小(&amp;S)</translation>
    </message>
    <message>
        <source>The disk takes space on the host only as it fills.</source>
        <translation>磁盘只在写入数据时才占用本机空间。</translation>
    </message>
    <message>
        <source>&amp;Network through the host</source>
        <translation>经由本机的网络(&amp;N)</translation>
    </message>
    <message>
        <source>There is already a machine with that name.</source>
        <translation>已有同名的虚拟机。</translation>
    </message>
    <message>
        <source>The disk takes space on the host only as it fills; %1 are free.</source>
        <translation>磁盘只在写入数据时才占用本机空间；现有 %1 可用。</translation>
    </message>
</context>
<context>
    <name>saffron::desktop::ScreenPreview</name>
    <message>
        <source>Screen</source>
        <translation>屏幕</translation>
    </message>
    <message>
        <source>Double-click to open the console</source>
        <translation>双击打开控制台</translation>
    </message>
</context>
<context>
    <name>saffron::desktop::SettingsDialog</name>
    <message>
        <source>The settings were changed elsewhere meanwhile. Close this window and open it again.</source>
        <translation>设置已在别处被修改。请关闭此窗口后重新打开。</translation>
    </message>
    <message>
        <source>Settings of %1</source>
        <translation>%1 的设置</translation>
    </message>
    <message>
        <source>Pages</source>
        <translation>页面</translation>
    </message>
    <message>
        <source>General</source>
        <translation>常规</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>启动</translation>
    </message>
    <message>
        <source>Storage</source>
        <translation>存储</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>网络</translation>
    </message>
    <message>
        <source>Screen</source>
        <translation>屏幕</translation>
    </message>
    <message>
        <source>Devices</source>
        <translation>设备</translation>
    </message>
    <message>
        <source>&amp;Save</source>
        <translation>保存(&amp;S)</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Copy as Co&amp;mmand</source>
        <translation>复制为命令(&amp;M)</translation>
    </message>
    <message>
        <source>The machine is running. A CD is changed at once; everything else takes effect at the next start.</source>
        <translation>虚拟机正在运行。更换光盘立即生效，其他更改在下次启动时生效。</translation>
    </message>
    <message>
        <source>Cannot change the CD of “%1”.</source>
        <translation>无法更换“%1”的光盘。</translation>
    </message>
    <message>
        <source>Nothing has been changed.</source>
        <translation>没有任何更改。</translation>
    </message>
</context>
<context>
    <name>saffron::desktop::SourcePage</name>
    <message>
        <source>Choose a CD Image</source>
        <translation>选择光盘镜像</translation>
    </message>
    <message>
        <source>CD images (*.iso *.img);;All files (*)</source>
        <translation>光盘镜像 (*.iso *.img);;所有文件 (*)</translation>
    </message>
    <message>
        <source>Choose a Disk Image</source>
        <translation>选择磁盘镜像</translation>
    </message>
    <message>
        <source>Raw disk images (*.raw *.img);;All files (*)</source>
        <translation>原始磁盘镜像 (*.raw *.img);;所有文件 (*)</translation>
    </message>
    <message>
        <source>Choose a Kernel</source>
        <translation>选择内核</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>所有文件 (*)</translation>
    </message>
    <message>
        <source>Choose an Initial RAM Disk</source>
        <translation>选择初始内存盘</translation>
    </message>
    <message>
        <source>What does the machine start from?</source>
        <translation>虚拟机从何处启动？</translation>
    </message>
    <message>
        <source>A machine is a computer of its own. It needs something to start.</source>
        <translation>虚拟机是一台独立的计算机，需要有可启动的内容。</translation>
    </message>
    <message>
        <source>&amp;CD image</source>
        <translation>光盘镜像(&amp;C)</translation>
    </message>
    <message>
        <source>Install an operating system, or try a live one</source>
        <translation>安装操作系统，或试用免安装系统</translation>
    </message>
    <message>
        <source>Existing &amp;disk image</source>
        <translation>现有磁盘镜像(&amp;D)</translation>
    </message>
    <message>
        <source>It stays where it is</source>
        <translation>镜像留在原处</translation>
    </message>
    <message>
        <source>Linux &amp;kernel (advanced)</source>
        <translation>Linux 内核（高级）(&amp;K)</translation>
    </message>
    <message>
        <source>Start a kernel directly</source>
        <translation>直接启动内核</translation>
    </message>
    <message>
        <source>N&amp;othing yet</source>
        <translation>暂不指定(&amp;O)</translation>
    </message>
    <message>
        <source>Insert a CD or add a disk later</source>
        <translation>以后再插入光盘或添加磁盘</translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation>文件(&amp;F)</translation>
    </message>
    <message>
        <source>machine</source>
        <translation>虚拟机</translation>
    </message>
</context>
<context>
    <name>saffron::desktop::StoragePage</name>
    <message>
        <source>Id</source>
        <translation>标识</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>镜像</translation>
    </message>
    <message>
        <source>Bus</source>
        <translation>总线</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>Disks</source>
        <translation>磁盘</translation>
    </message>
    <message>
        <source>New D&amp;isk…</source>
        <translation>新建磁盘(&amp;I)…</translation>
    </message>
    <message>
        <source>Add &amp;Existing…</source>
        <translation>添加现有磁盘(&amp;E)…</translation>
    </message>
    <message>
        <source>Remo&amp;ve</source>
        <translation>移除(&amp;V)</translation>
    </message>
    <message>
        <source>The image itself stays</source>
        <translation>镜像本身会保留</translation>
    </message>
    <message>
        <source>CD image</source>
        <translation>光盘镜像</translation>
    </message>
    <message>
        <source>CD-ROM drives</source>
        <translation>光驱</translation>
    </message>
    <message>
        <source>I&amp;nsert Image…</source>
        <translation>插入镜像(&amp;N)…</translation>
    </message>
    <message>
        <source>E&amp;ject</source>
        <translation>弹出(&amp;J)</translation>
    </message>
    <message>
        <source>Add Dr&amp;ive</source>
        <translation>添加光驱(&amp;I)</translation>
    </message>
    <message>
        <source>Remove Drive</source>
        <translation>移除光驱</translation>
    </message>
    <message>
        <source>Insert a CD Image</source>
        <translation>插入光盘镜像</translation>
    </message>
    <message>
        <source>CD images (*.iso *.img);;All files (*)</source>
        <translation>光盘镜像 (*.iso *.img);;所有文件 (*)</translation>
    </message>
    <message>
        <source>empty</source>
        <translation>空</translation>
    </message>
    <message>
        <source>Add a Disk Image</source>
        <translation>添加磁盘镜像</translation>
    </message>
    <message>
        <source>Raw disk images (*.raw *.img);;All files (*)</source>
        <translation>原始磁盘镜像 (*.raw *.img);;所有文件 (*)</translation>
    </message>
    <message>
        <source>New Disk</source>
        <translation>新建磁盘</translation>
    </message>
    <message>
        <source>Size in GiB. It takes space on the host only as it fills.</source>
        <translation>大小（GiB）。磁盘只在写入数据时才占用本机空间。</translation>
    </message>
</context>
<context>
    <name>saffron::desktop::SummaryPage</name>
    <message>
        <source>&amp;Start the machine at once</source>
        <translation>立即启动虚拟机(&amp;S)</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>准备就绪</translation>
    </message>
    <message>
        <source>This machine will be made. Everything can be changed later.</source>
        <translation>将创建以下虚拟机。所有设置以后都可以更改。</translation>
    </message>
    <message>
        <source>Copy as Co&amp;mmand</source>
        <translation>复制为命令(&amp;M)</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>CPUs</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>New disk</source>
        <translation>新磁盘</translation>
    </message>
    <message>
        <source>Disk</source>
        <translation>磁盘</translation>
    </message>
    <message>
        <source>CD-ROM</source>
        <translation>光驱</translation>
    </message>
    <message>
        <source>empty</source>
        <translation>空</translation>
    </message>
    <message>
        <source>Kernel</source>
        <translation>内核</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>网络</translation>
    </message>
    <message>
        <source>none</source>
        <translation>无</translation>
    </message>
    <message>
        <source>through the host</source>
        <translation>经由本机</translation>
    </message>
</context>
</TS>
