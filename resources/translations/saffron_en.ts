<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en">
<context>
    <name>Texts</name>
    <message numerus="yes">
        <source>%n CPU(s)</source>
        <translation>
            <numerusform>%n CPU</numerusform>
            <numerusform>%n CPUs</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>saffron::desktop::DetailsPane</name>
    <message numerus="yes">
        <source>%n window(s) connected</source>
        <translation>
            <numerusform>%n window connected</numerusform>
            <numerusform>%n windows connected</numerusform>
        </translation>
    </message>
</context>
</TS>
