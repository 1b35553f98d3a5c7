/* definition.c - deep copies of definitions into the memory of a node. */
#include "catalog/catalog_int.h"

#include "vector/collation.h"

dbx_status catalog_copy_text(arena *a, string_view from, string_view *to) {
    *to = from;
    if (from.data == NULL) return DBX_OK;
    *to = arena_copy_string(a, from);
    return to->data == NULL ? DBX_NOMEM : DBX_OK;
}

static dbx_status definition_texts(arena *a, const string_view *from, uint32_t count,
                                   const string_view **to) {
    *to = NULL;
    if (count == 0) return DBX_OK;
    string_view *copy = ARENA_ARRAY(a, string_view, count);
    if (copy == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < count; i++) TRY(catalog_copy_text(a, from[i], &copy[i]));
    *to = copy;
    return DBX_OK;
}

static void definition_sort_properties(catalog_property *p, uint32_t count) {
    for (uint32_t i = 1; i < count; i++) { /* few, and mostly sorted already */
        catalog_property item = p[i];
        uint32_t at = i;
        for (; at > 0; at--) {
            size_t common = MIN(p[at - 1].key.size, item.key.size);
            int order = common == 0 ? 0 : memcmp(p[at - 1].key.data, item.key.data, common);
            if (order < 0 || (order == 0 && p[at - 1].key.size <= item.key.size)) break;
            p[at] = p[at - 1];
        }
        p[at] = item;
    }
}

static dbx_status definition_properties(arena *a, const catalog_property *from, uint32_t count,
                                        const catalog_property **to) {
    *to = NULL;
    if (count == 0) return DBX_OK;
    catalog_property *copy = ARENA_ARRAY(a, catalog_property, count);
    if (copy == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < count; i++) {
        TRY(catalog_copy_text(a, from[i].key, &copy[i].key));
        TRY(catalog_copy_text(a, from[i].value, &copy[i].value));
    }
    definition_sort_properties(copy, count);
    *to = copy;
    return DBX_OK;
}

dbx_status catalog_copy_info(arena *a, const catalog_info *from, catalog_info *to) {
    *to = *from;
    if (to->created_us == 0) to->created_us = os_wall_clock_us();
    TRY(catalog_copy_text(a, from->name, &to->name));
    TRY(catalog_copy_text(a, from->owner, &to->owner));
    TRY(catalog_copy_text(a, from->comment, &to->comment));
    return definition_properties(a, from->properties, from->property_count, &to->properties);
}

dbx_status catalog_copy_columns(arena *a, const catalog_column *from, uint32_t count,
                                const catalog_column **to) {
    *to = NULL;
    if (count == 0) return DBX_OK;
    catalog_column *copy = ARENA_ARRAY(a, catalog_column, count);
    if (copy == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < count; i++) {
        copy[i] = from[i];
        TRY(catalog_copy_text(a, from[i].name, &copy[i].name));
        TRY(type_copy(a, from[i].type, &copy[i].type));
        TRY(catalog_copy_text(a, from[i].comment, &copy[i].comment));
        TRY(catalog_copy_text(a, from[i].default_text, &copy[i].default_text));
        TRY(catalog_copy_text(a, from[i].generation_text, &copy[i].generation_text));
    }
    *to = copy;
    return DBX_OK;
}

dbx_status catalog_copy_table_def(arena *a, const catalog_table_def *from, catalog_table_def *to) {
    *to = *from;
    TRY(catalog_copy_columns(a, from->columns, from->column_count, &to->columns));
    catalog_constraint *constraints =
        ARENA_ARRAY(a, catalog_constraint, MAX(from->constraint_count, 1u));
    if (constraints == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < from->constraint_count; i++) {
        const catalog_constraint *c = &from->constraints[i];
        constraints[i] = *c;
        TRY(catalog_copy_text(a, c->name, &constraints[i].name));
        TRY(catalog_copy_text(a, c->text, &constraints[i].text));
        TRY(definition_texts(a, c->columns, c->column_count, &constraints[i].columns));
    }
    to->constraints = constraints;
    TRY(definition_texts(a, from->partition_columns, from->partition_column_count,
                         &to->partition_columns));
    TRY(definition_texts(a, from->cluster_columns, from->cluster_column_count,
                         &to->cluster_columns));
    TRY(catalog_copy_text(a, from->provider, &to->provider));
    TRY(catalog_copy_text(a, from->location, &to->location));
    return definition_properties(a, from->options, from->option_count, &to->options);
}

dbx_status catalog_copy_view_def(arena *a, const catalog_view_def *from, catalog_view_def *to) {
    *to = *from;
    TRY(catalog_copy_text(a, from->sql, &to->sql));
    catalog_view_column *columns = ARENA_ARRAY(a, catalog_view_column, MAX(from->column_count, 1u));
    if (columns == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < from->column_count; i++) {
        TRY(catalog_copy_text(a, from->columns[i].name, &columns[i].name));
        TRY(catalog_copy_text(a, from->columns[i].comment, &columns[i].comment));
    }
    to->columns = columns;
    TRY(catalog_copy_text(a, from->current_catalog, &to->current_catalog));
    TRY(catalog_copy_text(a, from->current_schema, &to->current_schema));
    TRY(definition_properties(a, from->settings, from->setting_count, &to->settings));
    return catalog_copy_columns(a, from->schema, from->schema_count, &to->schema);
}

dbx_status catalog_copy_function_def(arena *a, const catalog_function_def *from,
                                     catalog_function_def *to) {
    *to = *from;
    catalog_parameter *parameters =
        ARENA_ARRAY(a, catalog_parameter, MAX(from->parameter_count, 1u));
    if (parameters == NULL) return DBX_NOMEM;
    for (uint32_t i = 0; i < from->parameter_count; i++) {
        const catalog_parameter *p = &from->parameters[i];
        TRY(catalog_copy_text(a, p->name, &parameters[i].name));
        TRY(type_copy(a, p->type, &parameters[i].type));
        TRY(catalog_copy_text(a, p->default_text, &parameters[i].default_text));
        TRY(catalog_copy_text(a, p->comment, &parameters[i].comment));
    }
    to->parameters = parameters;
    if (from->has_return_type && !from->is_table)
        TRY(type_copy(a, from->return_type, &to->return_type));
    TRY(catalog_copy_columns(a, from->return_columns, from->return_column_count,
                             &to->return_columns));
    TRY(catalog_copy_text(a, from->language, &to->language));
    TRY(catalog_copy_text(a, from->body, &to->body));
    TRY(catalog_copy_text(a, from->current_catalog, &to->current_catalog));
    return catalog_copy_text(a, from->current_schema, &to->current_schema);
}

uint16_t catalog_default_collation(const catalog_info *info) {
    uint16_t id;
    const catalog_property *p = catalog_find_property(info, SV(CATALOG_COLLATION));
    bool known = p != NULL && collation_by_name(p->value, &id) && collation_open(id) == DBX_OK;
    return known ? id : (uint16_t)COLLATION_UTF8_BINARY;
}
