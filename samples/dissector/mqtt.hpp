// MQTT 3.1, 3.1.1 and 5.0, kept outside of pcapaudit's own tree.
#pragma once

#include <pcapaudit/app/dissector.hpp>

extern const pcapaudit::DissectorSpec mqtt;
