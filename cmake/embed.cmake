# usage: cmake -DOUTPUT=x.cc -DROOT=images -DFILES="a/b;c/d" -P embed.cmake
#
# Writes the files as the string literals that src/instance/image_files.h declares.
set(text "// Written by cmake/embed.cmake from images/.\n#include \"instance/image_files.h\"\n\n")
string(APPEND text "namespace poststack::instance {\nnamespace {\n\n")
set(table "")
set(number 0)
foreach(file IN LISTS FILES)
    file(READ ${ROOT}/${file} content)
    string(APPEND text "constexpr char file_${number}[] = R\"poststack(${content})poststack\";\n")
    string(APPEND table "    {\"${file}\", file_${number}},\n")
    math(EXPR number "${number} + 1")
endforeach()
string(APPEND text "constexpr ImageFile files[] = {\n${table}};\n\n}  // namespace\n\n")
string(APPEND text "std::span<const ImageFile> image_files() noexcept {\n    return files;\n}\n\n")
string(APPEND text "}  // namespace poststack::instance\n")
file(WRITE ${OUTPUT} "${text}")
