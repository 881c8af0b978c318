# Holds every #include of the program against what its folder declares: cmake -D ROOT=FOLDER -P include_rule.cmake
#
# - A folder with a cnnctl library (a room) includes the rooms its CMakeLists.txt names, and what those may include in turn; none includes
#   itself on such a way round.
# - A package's headers are included only by rooms that name the package themselves, since the compiler finds them from everywhere.
# - oneDNN is included by engine/runtime/dnnl.h alone.
# - Includes of the program's own files start at the root.

cmake_minimum_required(VERSION 3.25)

# Packages, as the beginning of their headers and the CMake target that a room has to name.
set(packages
    "yaml-cpp/" yaml-cpp
    "fmt/" fmt::fmt
    "nlohmann/" nlohmann_json::nlohmann_json
    "spdlog/" spdlog::spdlog
    "CLI/" CLI11::CLI11
    "libdeflate.h" "\${LIBDEFLATE_LIBRARY}"
    "zip.h" "\${LIBZIP_LIBRARY}"
    "turbojpeg.h" "\${TURBOJPEG_LIBRARY}"
    "spng.h" "\${SPNG_LIBRARY}"
    "curl/" curl_headers
    "archive" archive_headers
    "openssl/" OpenSSL::Crypto
    "muParser.h" muparser::muparser
    "omp.h" OpenMP::OpenMP_CXX
    "dnnl" DNNL::dnnl
    "oneapi/dnnl/" DNNL::dnnl)

set(mistakes "")
macro(mistake text)
  string(APPEND mistakes "  ${text}\n")  # indented, so that CMake does not wrap it
endmacro()

# Reads a room's CMakeLists.txt: sets folder_ROOM and declared_ROOM, and adds the room to `rooms`.
function(read_room file)
  file(READ ${file} text)
  if(NOT text MATCHES "(cnnctl_library\\(|target_link_libraries\\(cnnctl_)([a-z_]+)([^)]*)\\)")
    return()
  endif()
  set(room ${CMAKE_MATCH_2})
  string(REGEX MATCHALL "[^ \t\r\n]+" declared "${CMAKE_MATCH_3}")
  get_filename_component(folder ${file} DIRECTORY)
  set(folder_${room} ${folder} PARENT_SCOPE)
  set(declared_${room} "${declared}" PARENT_SCOPE)
  set(rooms ${rooms} ${room} PARENT_SCOPE)
endfunction()

# Sets reachable_ROOM: the rooms that `room` declares, those that they declare, and so on.
function(find_reachable room)
  set(reached "")
  set(open ${room})
  while(open)
    list(POP_FRONT open next)
    foreach(target IN LISTS declared_${next})
      if(target MATCHES "^cnnctl_(.*)$" AND CMAKE_MATCH_1 IN_LIST rooms AND NOT CMAKE_MATCH_1 IN_LIST reached)
        list(APPEND reached ${CMAKE_MATCH_1})
        list(APPEND open ${CMAKE_MATCH_1})
      endif()
    endforeach()
  endwhile()
  set(reachable_${room} "${reached}" PARENT_SCOPE)
endfunction()

# Checks one #include of `file` (a path from the root), which belongs to `room`.
macro(check_include room file header)
  set(owner "")
  foreach(other IN LISTS rooms)
    file(RELATIVE_PATH folder ${ROOT} ${folder_${other}})
    string(FIND ${header} "${folder}/" position)
    if(position EQUAL 0)
      set(owner ${other})
    endif()
  endforeach()
  if(owner AND NOT owner STREQUAL "${room}" AND NOT owner IN_LIST reachable_${room})
    mistake("${file}: includes ${header}, but ${room} does not depend on ${owner}")
  endif()
  set(package "")
  set(list ${packages})
  while(list)
    list(POP_FRONT list prefix target)
    string(FIND ${header} ${prefix} position)
    if(position EQUAL 0)
      set(package ${target})
    endif()
  endwhile()
  if(package AND NOT package IN_LIST declared_${room})
    mistake("${file}: includes ${header}, but ${room}'s CMakeLists.txt does not name ${package}")
  endif()
  if(package STREQUAL "DNNL::dnnl" AND NOT "${file}" STREQUAL "engine/runtime/dnnl.h")
    mistake("${file}: includes ${header}, which only engine/runtime/dnnl.h may")
  endif()
endmacro()

get_filename_component(ROOT ${ROOT} ABSOLUTE)
file(GLOB_RECURSE descriptions ${ROOT}/engine/CMakeLists.txt ${ROOT}/datasets/CMakeLists.txt ${ROOT}/cli/CMakeLists.txt)
set(rooms "")
foreach(description IN LISTS descriptions)
  read_room(${description})
endforeach()

set(includes 0)
foreach(room IN LISTS rooms)
  find_reachable(${room})
  if(room IN_LIST reachable_${room})
    mistake("${room} depends on itself: it declares ${declared_${room}}")
  endif()
  file(GLOB_RECURSE files RELATIVE ${ROOT} ${folder_${room}}/*.h ${folder_${room}}/*.cpp)
  foreach(file IN LISTS files)
    file(STRINGS ${ROOT}/${file} lines REGEX "^[ \t]*#[ \t]*include")
    foreach(line IN LISTS lines)
      if(line MATCHES "([\"<])(.*)[\">]")
        set(quote ${CMAKE_MATCH_1})
        set(header ${CMAKE_MATCH_2})
        math(EXPR includes "${includes} + 1")
        if(quote STREQUAL "\"" AND NOT header MATCHES "^(engine|datasets|cli)/")
          mistake("${file}: includes \"${header}\", which does not start at the root")
        endif()
        check_include("${room}" "${file}" "${header}")
      endif()
    endforeach()
  endforeach()
endforeach()

list(LENGTH rooms room_count)
if(includes EQUAL 0)
  mistake("${ROOT}: no room with an #include was found")
endif()
if(mistakes)
  message(FATAL_ERROR "${mistakes}")
endif()
message(STATUS "${includes} includes of ${room_count} rooms keep the rule")
