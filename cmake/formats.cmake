# Reads sanitizers/formats.def and gateway/verifier/families.def, so that a
# format is added by one line in the table and nothing here.
#
# Sets SEKISHO_FORMATS (names), SEKISHO_FAMILIES, SEKISHO_FORMAT_MODULES and
# SEKISHO_VERIFIER_MODULES (pkg-config), and for the verifiers with a program of
# their own SEKISHO_HEAVY_VERIFIERS and SEKISHO_HEAVY_VERIFIER_MODULES.
set(formats_table ${PROJECT_SOURCE_DIR}/sanitizers/formats.def)
set(families_table ${PROJECT_SOURCE_DIR}/gateway/verifier/families.def)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
             ${formats_table} ${families_table})

file(STRINGS ${formats_table} lines REGEX "^FORMAT\\(")
foreach(line IN LISTS lines)
  if(NOT line MATCHES "^FORMAT\\(([A-Z0-9_]+), ([a-z0-9_]+), ([a-z0-9_]+), \"([^\"]*)\"\\)$")
    message(FATAL_ERROR "sanitizers/formats.def: not understood: ${line}")
  endif()
  set(name ${CMAKE_MATCH_2})
  set(family ${CMAKE_MATCH_3})
  string(REPLACE " " ";" modules "${CMAKE_MATCH_4}")
  if(NOT EXISTS ${PROJECT_SOURCE_DIR}/samples/${name})
    message(FATAL_ERROR "format ${name} has no samples: make samples/${name}/")
  endif()
  list(APPEND SEKISHO_FORMATS ${name})
  list(APPEND SEKISHO_FAMILIES ${family})
  list(APPEND SEKISHO_FORMAT_MODULES ${modules})
endforeach()
list(REMOVE_DUPLICATES SEKISHO_FAMILIES)
list(REMOVE_DUPLICATES SEKISHO_FORMAT_MODULES)

file(STRINGS ${families_table} lines REGEX "^FAMILY\\(")
foreach(line IN LISTS lines)
  if(NOT line MATCHES "^FAMILY\\(([a-z0-9_]+), (light|heavy), \"([^\"]*)\"\\)$")
    message(FATAL_ERROR "gateway/verifier/families.def: not understood: ${line}")
  endif()
  string(REPLACE " " ";" modules "${CMAKE_MATCH_3}")
  if(CMAKE_MATCH_2 STREQUAL "heavy")
    list(APPEND SEKISHO_HEAVY_VERIFIERS ${CMAKE_MATCH_1})
    list(APPEND SEKISHO_HEAVY_VERIFIER_MODULES ${modules})
  else()
    list(APPEND SEKISHO_VERIFIER_MODULES ${modules})
  endif()
endforeach()
list(REMOVE_DUPLICATES SEKISHO_VERIFIER_MODULES)

# sekisho_modules(TARGET VISIBILITY MODULE...): links pkg-config modules; their
# headers count as system headers.
function(sekisho_modules target visibility)
  foreach(module IN LISTS ARGN)
    if(NOT TARGET PkgConfig::module_${module})
      pkg_check_modules(module_${module} REQUIRED IMPORTED_TARGET GLOBAL ${module})
    endif()
    target_link_libraries(${target} ${visibility} PkgConfig::module_${module})
  endforeach()
endfunction()

# sekisho_program(NAME FOLDER LIBRARY...): one program from one folder.
function(sekisho_program name folder)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.c)
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${ARGN})
endfunction()
